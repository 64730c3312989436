"""A key of the store under test: what its owners do with it, and what they must find then."""

from __future__ import annotations

import time
from itertools import count
from os import urandom
from typing import TYPE_CHECKING

from lambdakit.idempotency._store import StoredRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lambdakit.idempotency._store import Store

LONG = 600.0
"""Seconds of a lock, or until an expiry, that no test lives to see the end of."""

_TOLERANCE = 1.0
"""Seconds by which `left` may be wrong: some stores count whole ones."""
_POLL = 0.02
"""Seconds between two looks at what is waited for."""
_SHOWN = 12
"""Steps that a failure shows: the last ones."""


class Trial:
    """A key that nothing else uses, and every step that was taken with it, for the message of a failure.

    Attributes:
        key: The key.
        store: The store under test.
        new_store: Gives another store object over the same records.
        short: Seconds of a lock, or until an expiry, that are waited out.
        patience: Seconds that anything which is waited for may take.
    """

    def __init__(
        self, store: Store, *, promise: str, new_store: Callable[[], Store], short: float, patience: float
    ) -> None:
        self.store = store
        self.new_store = new_store
        self.short = short
        self.patience = patience
        self.key = f"lambdakit.testing:StoreContract#{urandom(8).hex()}"
        self.steps: list[str] = []
        self._promise = promise
        self._names: dict[str, str] = {}
        self._strangers = count(1)

    def other(self) -> Trial:
        """A trial of the same promise with another key."""
        return Trial(
            self.store,
            promise=self._promise,
            new_store=self.new_store,
            short=self.short,
            patience=self.patience,
        )

    def owner(self, name: str, *, store: Store | None = None, fingerprint: str | None = None) -> Owner:
        """Somebody who may claim the key: by default with a fingerprint that is new, and of the greatest length."""
        token = urandom(16).hex()
        self._names[token] = name
        return Owner(self, name, token, store or self.store, urandom(32).hex() if fingerprint is None else fingerprint)

    def owners(self, number: int, stores: Sequence[Store] = ()) -> list[Owner]:
        """Many of them, dealt out among several store objects, if there are several."""
        among = stores or (self.store,)
        return [self.owner(f"racer {index}", store=among[index % len(among)]) for index in range(number)]

    def stands(self, owner: Owner, result: str | None = None, *, store: Store | None = None) -> None:
        """The record of an owner must stand: to `find`, and to the claim of a stranger."""
        __tracebackhide__ = True
        asked = store or self.store
        found = asked.find(self.key)
        self.steps.append(f"find(key) -> {self.describe(found)}")
        self.expect_record(found, owner, result)
        stranger = self.owner(f"stranger {next(self._strangers)}", store=asked)
        self.expect_record(stranger.try_claim(), owner, result)

    def is_free(self) -> None:
        """`find` must say that the key can be claimed."""
        __tracebackhide__ = True
        found = self.store.find(self.key)
        self.steps.append(f"find(key) -> {self.describe(found)}")
        self.expect(found is None, "None, since the key can be claimed", self.describe(found))

    def wait_until_free(self) -> None:
        """Wait until `find` says that the key can be claimed: a lock ends, or a completed record expires."""
        __tracebackhide__ = True
        end = time.monotonic() + self.patience
        while (found := self.store.find(self.key)) is not None:
            what = f"that it ends: find(key) gives None within {self.patience} s"
            self.expect(time.monotonic() < end, what, f"{self.describe(found)}, still")
            time.sleep(_POLL)
        self.steps.append("(waited until find(key) -> None)")

    def let_pass(self, seconds: float) -> None:
        """Wait until so much time is over by the clock of the store: until a lock on another key has ended."""
        __tracebackhide__ = True
        clock = self.other()
        clock.owner("clock").claims(lock=seconds)
        clock.wait_until_free()
        self.steps.append(f"({seconds:g} s pass)")

    def expect_record(self, came: object, owner: Owner, result: str | None) -> None:
        """What came must be the record of an owner: running, or completed with a result."""
        __tracebackhide__ = True
        least, most = owner.left()
        state = "running" if result is None else f"completed with {shortened(result)}"
        held = (
            isinstance(came, StoredRecord)
            and (came.owner, came.fingerprint, came.result) == (owner.token, owner.fingerprint, result)
            and least <= came.left <= most
        )
        expected = (
            f"a StoredRecord of {owner.name}: {state}, its fingerprint as claimed, {least:.1f} to {most:.1f} s left"
        )
        self.expect(held, expected, self.describe(came, of=owner))

    def expect(self, held: bool, expected: str, came: str) -> None:  # noqa: FBT001 - as in assert
        """Fail, unless the promise was held, with all that the author of the store needs to know."""
        __tracebackhide__ = True
        if held:
            return
        earlier = len(self.steps) - _SHOWN
        steps = [f"... {earlier} steps", *self.steps[-_SHOWN:]] if earlier > 0 else self.steps
        after = "\n".join(f"    {step}" for step in steps) or "    nothing"
        msg = f"{self._promise}\n\nexpected: {expected}\ncame:     {came}\nafter these steps with the key:\n{after}"
        raise AssertionError(msg)

    def describe(self, came: object, *, of: Owner | None = None) -> str:
        """What a store gave, with the names of owners in place of their tokens."""
        if not isinstance(came, StoredRecord):
            return shortened(came)
        name = self._names.get(came.owner, f"nobody: the owner is {came.owner!r}")
        state = "running" if came.result is None else f"completed with {shortened(came.result)}"
        mark = f", with the fingerprint {came.fingerprint!r}" if of and of.fingerprint != came.fingerprint else ""
        return f"a StoredRecord of {name}: {state}{mark}, {came.left:.1f} s left"


class Owner:
    """Somebody who may own a key: each method is one step, and says what must come of it.

    Attributes:
        name: What failures call it.
        token: The owner, for the store.
        fingerprint: What it claims with.
    """

    def __init__(self, trial: Trial, name: str, token: str, store: Store, fingerprint: str) -> None:
        self.name = name
        self.token = token
        self.fingerprint = fingerprint
        self._trial = trial
        self._store = store
        self._began = 0.0
        self._lasts = 0.0

    def claims(self, *, lock: float = LONG, kept: float = LONG) -> None:
        """The claim must succeed. `kept` is for how long the record is kept beyond its lock."""
        __tracebackhide__ = True
        came = self.try_claim(lock=lock, kept=kept)
        self._trial.expect(came is None, f"None: the record is now of {self.name}", self._trial.describe(came))

    def completes(self, result: str = "result", *, expires_after: float = LONG) -> None:
        """The completion must succeed."""
        __tracebackhide__ = True
        came = self.try_complete(result, expires_after=expires_after)
        self._trial.expect(came is True, "True: the record is its own", shortened(came))

    def cannot_complete(self, result: str = "too late") -> None:
        """The completion must be refused."""
        __tracebackhide__ = True
        came = self.try_complete(result)
        self._trial.expect(came is False, "False: the record is not its own", shortened(came))

    def releases(self) -> None:
        """The release must succeed."""
        __tracebackhide__ = True
        came = self.try_release()
        self._trial.expect(came is True, "True: there was a running record of its own", shortened(came))

    def cannot_release(self) -> None:
        """The release must be refused."""
        __tracebackhide__ = True
        came = self.try_release()
        self._trial.expect(came is False, "False: there is no running record of its own", shortened(came))

    def try_claim(self, *, lock: float = LONG, kept: float = LONG, began: float | None = None) -> StoredRecord | None:
        """Claim, whatever comes of it. `began` is when the race began that it is part of."""
        began = time.monotonic() if began is None else began
        came = self._store.claim(
            self._trial.key, self.token, fingerprint=self.fingerprint, lock=lock, expires_after=kept
        )
        if came is None:
            self._began, self._lasts = began, lock
        self._note(f"claim(lock={lock:g}, expires_after={kept:g})", came)
        return came

    def try_complete(self, result: str = "result", *, expires_after: float = LONG, began: float | None = None) -> bool:
        """Complete, whatever comes of it. `began` is when the race began that it is part of."""
        began = time.monotonic() if began is None else began
        came = self._store.complete(self._trial.key, self.token, result, expires_after=expires_after)
        if came:
            self._began, self._lasts = began, expires_after
        self._note(f"complete({shortened(result)}, expires_after={expires_after:g})", came)
        return came

    def try_release(self) -> bool:
        """Release, whatever comes of it."""
        came = self._store.release(self._trial.key, self.token)
        self._note("release()", came)
        return came

    def left(self) -> tuple[float, float]:
        """Between how many and how many seconds its record can still stand, after its last step that succeeded.

        The step was done at some time since it began, and whoever is asked may have looked at their clock at another: a
        busy machine makes the bounds wider, and no right store wrong.
        """
        since = time.monotonic() - self._began
        return max(0.0, self._lasts - since - _TOLERANCE), self._lasts + since + _TOLERANCE

    def _note(self, step: str, came: object) -> None:
        self._trial.steps.append(f"{self.name}: {step} -> {self._trial.describe(came)}")


def rounds(trial: Trial, number: int) -> Iterator[Trial]:
    """Trials of the same promise, each with a key of its own."""
    return (trial.other() for _ in range(number))


def shortened(value: object) -> str:
    """A value as Python writes it; only the start of a long one, and its length."""
    text = repr(value)
    length = f" ({len(value)} characters)" if isinstance(value, str) else ""
    return text if len(text) <= 60 else f"{text[:60]}...{length}"
