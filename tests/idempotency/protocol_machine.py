"""The protocol of stores, as a machine: callers take steps in any order, and messages are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.idempotency.machines import LOSSES, Loss, LostError, World, deliver, in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit.stores import StoredRecord

KEYS = st.sampled_from(["orders#1", "orders#2"])
SECONDS = st.sampled_from([1.0, 5.0, 20.0])
"""Of locks, of expiries, and between two steps: often the clock stands exactly where something ends."""


@dataclass
class Caller:
    """Somebody with an owner token of their own; what they were told decides what they believe to own.

    Attributes:
        believes_until: Until when they were told that the key is theirs.
    """

    key: str
    owner: str
    fingerprint: str
    lock: float
    kept: float
    believes_until: float = 0.0

    @property
    def result(self) -> str:
        return f"result of {self.owner}"


@dataclass
class Record:
    """What must be there under a key."""

    owner: str
    fingerprint: str
    locked_until: float
    kept_until: float
    result: str | None = None

    def stands(self, now: float) -> bool:
        return now < (self.locked_until if self.result is None else self.kept_until)


class ProtocolMachine(RuleBasedStateMachine):
    """Callers take steps in any order, as often as they like, however late; each is held against the docstrings."""

    make = staticmethod(in_memory)
    callers = Bundle[Caller]("callers")

    @initialize()
    def begin(self) -> None:
        self.world = World(self.make)
        self.records: dict[str, Record] = {}
        self.made: list[Caller] = []
        self.promised: dict[str, tuple[Caller, float]] = {}

    def teardown(self) -> None:
        if hasattr(self, "world"):  # an example may be given up before it begins
            self.world.close()

    @property
    def now(self) -> float:
        return self.world.clock.now

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.world.clock.now += seconds

    @rule(target=callers, key=KEYS, lock=SECONDS, kept=SECONDS, loss=LOSSES)
    def claim(self, key: str, lock: float, kept: float, loss: Loss) -> Caller:
        number = len(self.made)
        caller = Caller(key, f"{number:032x}", f"fingerprint {number}", lock, kept)
        self.made.append(caller)
        self.claim_again(caller, loss)
        return caller

    @rule(caller=callers, loss=LOSSES)
    def claim_again(self, caller: Caller, loss: Loss) -> None:
        """The same claim once more: at once, or when a packet turns up that was given up long ago."""
        store, record = self.world.store, self.records.get(caller.key)
        own = record is not None and record.owner == caller.owner and record.result is None
        standing = record if record is not None and record.stands(self.now) and not own else None
        if loss is not Loss.REQUEST and standing is None:
            until = self.now + caller.lock
            self.records[caller.key] = Record(caller.owner, caller.fingerprint, until, until + caller.kept)
        try:
            came = deliver(
                lambda: store.claim(
                    caller.key,
                    caller.owner,
                    fingerprint=caller.fingerprint,
                    lock=caller.lock,
                    expires_after=caller.kept,
                ),
                loss,
            )
        except LostError:
            return
        self.check(came, standing)
        if came is None:
            caller.believes_until = self.now + caller.lock

    @rule(caller=callers, loss=LOSSES)
    def complete(self, caller: Caller, loss: Loss) -> None:
        def complete() -> bool:
            return self.world.store.complete(caller.key, caller.owner, caller.result, expires_after=caller.kept)

        if self.ends(caller, complete, loss, also_completed=True):
            record = self.records[caller.key]
            record.result, record.kept_until = caller.result, self.now + caller.kept
            self.promised[caller.key] = (caller, record.kept_until)

    @rule(caller=callers, loss=LOSSES)
    def release(self, caller: Caller, loss: Loss) -> None:
        def release() -> bool:
            return self.world.store.release(caller.key, caller.owner)

        if self.ends(caller, release, loss, also_completed=False):
            del self.records[caller.key]

    def ends(self, caller: Caller, step: Callable[[], bool], loss: Loss, *, also_completed: bool) -> bool:
        """Take a step that ends a caller's ownership; give whether the record is changed by it."""
        record = self.records.get(caller.key)
        owned = record is not None and record.owner == caller.owner and (also_completed or record.result is None)
        may_be_swept = record is not None and self.now >= record.kept_until
        if loss is Loss.REPEATED and not also_completed:
            loss = Loss.NOTHING  # the second of two releases finds nothing, which is right
        if may_be_swept:
            loss = Loss.NOTHING  # the reply says whether it was
        try:
            came = deliver(step, loss)
        except LostError:
            if loss is Loss.REPLY:
                caller.believes_until = 0.0  # it is done with the key, whatever became of it
            return owned and loss is Loss.REPLY
        caller.believes_until = 0.0
        assert came is owned or (may_be_swept and came is False)
        if owned and not came:
            del self.records[caller.key]
        return came

    def check(self, came: StoredRecord | None, record: Record | None) -> None:
        if record is None:
            assert came is None
            return
        assert came is not None
        assert (came.owner, came.fingerprint, came.result) == (record.owner, record.fingerprint, record.result)
        until = record.locked_until if record.result is None else record.kept_until
        assert abs(came.left - (until - self.now)) < 0.001

    @invariant()
    def what_is_found_is_what_must_be_there(self) -> None:
        for key, record in self.records.items():
            self.check(self.world.store.find(key), record if record.stands(self.now) else None)

    @invariant()
    def nobody_believes_to_own_what_another_believes_to_own(self) -> None:
        live = [caller.key for caller in self.made if self.now < caller.believes_until]
        assert len(live) == len(set(live))

    @invariant()
    def what_was_completed_is_there_until_it_expires(self) -> None:
        for key, (caller, until) in self.promised.items():
            if self.now < until:
                found = self.world.store.find(key)
                assert found is not None
                assert (found.owner, found.result) == (caller.owner, caller.result)
