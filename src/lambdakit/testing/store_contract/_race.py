"""Steps that begin at the same time, in as many threads."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from random import sample
from threading import Barrier
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
U = TypeVar("U")

_SWITCH = 1e-5
"""Seconds that a thread may run before another one does: few, so that what is not atomic is caught in the middle."""


class Race:
    """A track with lanes: each is a thread, kept from one race to the next, as a store's own connections may be.

    Args:
        lanes: How many there are.
        patience: Seconds that all of them together may take to get to the start.
    """

    def __init__(self, lanes: int, *, patience: float) -> None:
        self._patience = patience
        self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="racer")

    def __call__(self, steps: Sequence[Callable[[], T]]) -> list[T]:
        """Take all steps at once, each in a thread.

        Returns:
            What they gave, in the order of the steps.

        Raises:
            AssertionError: Some raised; the first error is its cause.
        """
        return self.between(steps, ())[0]

    def between(self, steps: Sequence[Callable[[], T]], others: Sequence[Callable[[], U]]) -> tuple[list[T], list[U]]:
        """The same with steps of two kinds."""
        lanes = len(steps) + len(others)
        barrier = Barrier(lanes, timeout=self._patience)
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        try:
            runs: list[Callable[[], Any]] = [*steps, *others]
            futures: dict[int, Future[Any]] = {}
            for lane in sample(range(lanes), lanes):  # in any order: the last one at the barrier goes on first
                futures[lane] = self._pool.submit(_run, barrier, runs[lane])
            errors = [error for future in futures.values() if (error := future.exception()) is not None]
        finally:
            sys.setswitchinterval(before)
        if errors:
            msg = f"{len(errors)} of {lanes} steps that were taken at once raised; the first error: {errors[0]!r}"
            raise AssertionError(msg) from errors[0]
        came = [futures[lane].result() for lane in range(lanes)]
        return came[: len(steps)], came[len(steps) :]

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown()


def _run(barrier: Barrier, step: Callable[[], T]) -> T:
    barrier.wait()
    return step()
