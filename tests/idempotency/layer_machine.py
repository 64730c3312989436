"""`idempotent` as a machine: calls of a function overlap, end late, fail, and are killed; and messages are lost."""

from __future__ import annotations

from asyncio import CancelledError
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lambdakit import InProgressError, PayloadMismatchError, StoreError, idempotent
from lambdakit._interrupts import OutOfTime
from tests.idempotency.machines import LOSSES, Loss, LossyStore, World, in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

LOCK, KEPT = 10.0, 20.0
WAITS = st.sampled_from([1.0, LOCK, LOCK - 1, KEPT, LOCK + KEPT])
VALUES: st.SearchStrategy[object] = st.sampled_from([None, False, 0, "", [], {}, 1.5, "text", {"a": [1, None]}])


class Killed(BaseException):
    """What is no error: nobody knows whether the function has really ended."""


class Pause:
    """Gives the machine control while a function runs; it gives back how the function is to end."""

    def __await__(self) -> Generator[None, Callable[[], Any], Any]:
        end = yield
        return end()


@dataclass(eq=False)
class Call:
    """One call of the function, in a process of its own as far as the layer can see.

    Attributes:
        started: When its function began to run; None if it did not.
    """

    key: str
    payload: str
    coroutine: Any
    context: Context
    started: float | None = None

    def resume(self, end: Callable[[], Any] | None = None) -> Any:
        """Go on until the function waits, which gives `RUNS`, or the call has ended."""
        try:
            self.context.run(self.coroutine.send, end)
        except StopIteration as stop:
            return stop.value
        return RUNS


RUNS = object()


class LayerMachine(RuleBasedStateMachine):
    """Calls of a function under `idempotent` overlap, end late, fail, and are killed; messages are lost.

    Attributes:
        held: By key: until when the record of the last claim holds, and for which payload; also if nobody has it.
        latest: By key: whose claim was the last one. None if the reply was lost: then it is nobody's.
        done: By key: the value that must be replayed, for which payload, and until when.
        names: By key: what it is called in the store.
    """

    make = staticmethod(in_memory)

    @initialize()
    def begin(self) -> None:
        self.world = World(self.make)
        self.store = LossyStore(self.world.store)
        self.calls: list[Call] = []
        self.running: list[Call] = []
        self.held: dict[str, tuple[float, str]] = {}
        self.latest: dict[str, Call | None] = {}
        self.done: dict[str, tuple[object, str, float]] = {}
        self.names: dict[str, str] = {}
        self.began: list[tuple[str, str]] = []

        @idempotent.function(
            self.store,
            key=lambda key: key,
            fingerprint=lambda payload: payload,
            name="work",
            lock=LOCK,
            expires_after=KEPT,
        )
        async def work(key: str, payload: str) -> Any:
            self.began.append((key, payload))
            return await Pause()

        self.work = work

    def teardown(self) -> None:
        if hasattr(self, "world"):  # an example may be given up before it begins
            for call in self.calls:
                call.coroutine.close()
            self.world.close()

    @property
    def now(self) -> float:
        return self.world.clock.now

    @rule(seconds=WAITS)
    def wait(self, seconds: float) -> None:
        self.world.clock.now += seconds

    @rule(key=st.sampled_from("ab"), payload=st.sampled_from(["one", "one", "two"]), loss=LOSSES)
    def call(self, key: str, payload: str, loss: Loss) -> None:
        call = Call(key, payload, self.work(key, payload), copy_context())
        self.calls.append(call)
        self.store.plan["claim"] = [loss]
        value, same, until = self.done.get(key, (None, "", 0.0))
        held_until, held_for = self.held.get(key, (0.0, ""))
        if self.now < until:
            if payload != same:
                expected: Any = PayloadMismatchError
            else:
                expected = value
        elif self.now < held_until:
            expected = InProgressError if payload == held_for else PayloadMismatchError
        else:
            expected = RUNS
        if expected is RUNS and loss is not Loss.REQUEST:
            self.held[key] = (self.now + LOCK, payload)
            self.latest[key] = None if loss is Loss.REPLY else call
        if loss in (Loss.REQUEST, Loss.REPLY):
            expected = StoreError
        self.began.clear()
        self.store.claimed.clear()
        try:
            came = call.resume()
        except (InProgressError, PayloadMismatchError, StoreError) as error:
            came = type(error)
        self.names[key] = self.store.claimed[0]
        assert came == expected
        assert type(came) is type(expected)
        assert self.began == ([(key, payload)] if expected is RUNS else [])
        if expected is RUNS:
            call.started = self.now
            self.running.append(call)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), early=st.sampled_from([0.0, 0.0, 1.0]), loss=LOSSES)
    def call_again_when_the_lock_ends(self, data: st.DataObject, early: float, loss: Loss) -> None:
        """What makes a call late, if it still runs: the machine would seldom come to it by chance."""
        call = data.draw(st.sampled_from(self.running))
        assert call.started is not None
        self.world.clock.now = max(self.now, call.started + LOCK - early)
        self.call(call.key, call.payload, loss)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), value=VALUES, loss=LOSSES)
    def succeed(self, data: st.DataObject, value: object, loss: Loss) -> None:
        call = self.one_of_those_that_run(data)
        self.store.plan["complete"] = [loss]
        self.store.completed.clear()
        assert call.resume(lambda: value) is value
        owns = self.latest[call.key] is call
        if any(self.store.completed):
            assert owns
            self.done[call.key] = (value, call.payload, self.now + KEPT)
            self.held.pop(call.key, None)
        else:
            assert call.started is not None
            assert not owns or loss is Loss.REQUEST or self.now >= call.started + LOCK + KEPT  # it was swept

    @precondition(lambda self: self.running)
    @rule(data=st.data(), error=st.sampled_from([ValueError, CancelledError, OutOfTime]), loss=LOSSES)
    def fail(self, data: st.DataObject, error: type[BaseException], loss: Loss) -> None:
        """It ends, and may be repeated at once."""
        call = self.one_of_those_that_run(data)
        self.store.plan["release"] = [loss]
        self.end_by(call, error)
        if loss is not Loss.REQUEST and self.latest[call.key] is call:
            self.held.pop(call.key, None)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end_by_what_is_no_error(self, data: st.DataObject) -> None:
        """The claim is kept until its lock ends."""
        self.end_by(self.one_of_those_that_run(data), Killed)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """It never goes on."""
        self.one_of_those_that_run(data)

    def one_of_those_that_run(self, data: st.DataObject) -> Call:
        return self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))

    def end_by(self, call: Call, error: type[BaseException]) -> None:
        raised = error()

        def end() -> None:
            raise raised

        with pytest.raises(error) as caught:
            call.resume(end)
        assert caught.value is raised

    @invariant()
    def what_is_found_is_what_must_be_there(self) -> None:
        for key, name in self.names.items():
            done, held = self.now < self.done.get(key, (None, "", 0.0))[2], self.now < self.held.get(key, (0.0, ""))[0]
            found = self.world.store.find(name)
            assert (found is not None, found is not None and found.result is not None) == (done or held, done)

    @invariant()
    def one_call_at_most_is_within_its_lock(self) -> None:
        live = [call.key for call in self.running if call.started is not None and self.now < call.started + LOCK]
        assert len(live) == len(set(live))
