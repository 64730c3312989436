"""Memory stays flat, over 100,000 metrics."""

from __future__ import annotations

import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import measured, metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Nowhere:
    """Standard output that keeps nothing."""

    def write(self, text: str) -> None:
        pass

    def flush(self) -> None:
        pass


@contextmanager
def traced() -> Iterator[Callable[[], tuple[int, int]]]:
    """Gives a function that tells the bytes that are held, and the most that were."""
    with pytest.MonkeyPatch.context() as patch:  # not a fixture: pytest puts its own in its place before each call
        patch.setattr("sys.stdout", Nowhere())
        tracemalloc.start()
        try:
            yield tracemalloc.get_traced_memory
        finally:
            tracemalloc.stop()


@measured(namespace="Shop", service="orders", cold_start=True)
def charging(number: int, context: Any) -> None:
    metrics.add_properties(order=number)
    metrics.count("Charged", dimensions={"Currency": "EUR"})
    metrics.record("Total", number / 7)
    metrics.count(f"Only{number}")
    with metrics.timer("Charge", dimensions={"Order": str(number)}):
        pass


def test_over_many_invocations_whose_names_never_come_again() -> None:
    with traced() as memory:
        for number in range(2_200):  # the caches are full then
            charging(number, None)
        before, _ = memory()
        for number in range(2_200, 3_200):
            charging(number, None)
        after, _ = memory()
    assert after - before < 20_000  # bytes


def test_over_one_invocation_of_100_000_metrics() -> None:
    @measured(namespace="Shop")
    def handler(event: Any, context: Any) -> None:
        for number in range(50_000):
            metrics.record("Total", number / 7)
            metrics.count("Charged")

    with traced() as memory:
        handler({}, None)
        after, peak = memory()
    assert peak < 2_000_000  # bytes
    assert after < 100_000


def test_outside_an_invocation() -> None:
    with traced() as memory:
        for number in range(2_200):
            metrics.count(f"Only{number}")
        before, _ = memory()
        for number in range(2_200, 4_000):
            metrics.count(f"Only{number}")
        after, _ = memory()
    assert after - before < 20_000  # bytes
