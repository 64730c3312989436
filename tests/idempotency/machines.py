"""What the state machines of `idempotent` have in common: a clock that they move, and messages that get lost."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import strategies as st

from lambdakit.stores import MemoryStore, SQLiteStore, memory, sqlite
from tests.testing.broken_stores import claiming, racing, sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit.stores import Store, StoredRecord

T = TypeVar("T")

SWEEP = 3
"""Claims after which a store looks for what it can forget: few, so that it happens in every example."""


class Loss(Enum):
    """What may become of one step."""

    NOTHING = auto()
    REQUEST = auto()  # it never arrives
    REPLY = auto()  # it is done, and nobody learns of it
    REPEATED = auto()  # the reply is lost, and the step is taken again, as stores and network libraries do


LOSSES = st.sampled_from([*Loss, Loss.NOTHING, Loss.NOTHING])


class LostError(Exception):
    """It is not known whether the step was done."""


class Clock:
    """Stands in for the module `time` in the stores."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


def in_memory(directory: str) -> Store:
    return MemoryStore()


def in_sqlite(directory: str) -> Store:
    store = SQLiteStore(f"{directory}/records.sqlite")
    store._open().execute("PRAGMA synchronous = OFF")  # the machine does not lose its power here
    return store


class World:
    """A store on a clock that only the test moves.

    Args:
        make: Makes the store, given a directory.
    """

    def __init__(self, make: Callable[[str], Any]) -> None:
        self.clock = Clock()
        self._stack = ExitStack()
        patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(memory, "_SWEEP", SWEEP)
        patch.setattr(sqlite, "_SWEEP_EVERY", SWEEP)
        patch.setattr(memory, "_time", self.clock)
        patch.setattr(sqlite, "_time", self.clock)
        for module in (sound, claiming, racing):
            patch.setattr(module, "clock", self.clock)
        directory = self._stack.enter_context(tempfile.TemporaryDirectory())
        self.store: Store = make(directory)
        if isinstance(self.store, SQLiteStore):
            self._stack.callback(self.store.close)

    def close(self) -> None:
        self._stack.close()


def deliver(step: Callable[[], T], loss: Loss) -> T:
    """Take a step through a network that may lose it, or its reply.

    Raises:
        LostError: It did.
    """
    if loss is Loss.REQUEST:
        raise LostError
    came = step()
    if loss is Loss.REPLY:
        raise LostError
    return step() if loss is Loss.REPEATED else came


class LossyStore:
    """A store at the other end of a network, whose next losses a test has planned.

    Attributes:
        plan: The losses of the next steps, by the name of the step; nothing is lost where the plan is at its end.
        claimed: The keys of all claims that were tried.
        completed: What came of each completion that arrived.
    """

    blocks = False

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.plan: dict[str, list[Loss]] = {"claim": [], "complete": [], "release": []}
        self.claimed: list[str] = []
        self.completed: list[bool] = []

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        def claim() -> StoredRecord | None:
            return self.inner.claim(key, owner, fingerprint=fingerprint, lock=lock, expires_after=expires_after)

        self.claimed.append(key)
        return deliver(claim, self._next("claim"))

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        def complete() -> bool:
            self.completed.append(self.inner.complete(key, owner, result, expires_after=expires_after))
            return self.completed[-1]

        return deliver(complete, self._next("complete"))

    def release(self, key: str, owner: str) -> bool:
        return deliver(lambda: self.inner.release(key, owner), self._next("release"))

    def find(self, key: str) -> StoredRecord | None:
        return self.inner.find(key)

    def _next(self, step: str) -> Loss:
        planned = self.plan[step]
        return planned.pop(0) if planned else Loss.NOTHING
