"""Timers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import MetricError, OptionError, measured, metrics
from lambdakit.metering import _timer
from tests.layers import taking_any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.conftest import AsKind
    from tests.metering.conftest import Published


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(_timer, "perf_counter", made)
    return made


def test_a_block_is_timed_in_milliseconds(as_kind: AsKind, clock: Clock, published: Published) -> None:
    @measured(namespace="Shop")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        with metrics.timer("Charge", dimensions={"Bank": "a"}, high_resolution=True):
            clock.seconds += 0.25

    handler({}, None)
    (found,) = published()
    assert (found.name, found.value, found.unit) == ("Charge", 250.0, "Milliseconds")
    assert (found.dimensions, found.high_resolution) == ({"Bank": "a"}, True)


def test_a_block_that_raises_is_timed_too(as_kind: AsKind, clock: Clock, published: Published) -> None:
    @measured(namespace="Shop")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        with metrics.timer("Charge"):
            clock.seconds += 2
            raise ValueError("no money")

    with pytest.raises(ValueError, match="no money"):
        handler({}, None)
    assert [metric.value for metric in published()] == [2000.0]


def test_calls_of_a_plain_function_are_timed(clock: Clock, published: Published) -> None:
    @metrics.timer("Charge")
    def charge(seconds: float, *, more: float = 0) -> str:
        """Take the money."""
        clock.seconds += seconds + more
        return "done"

    @measured(namespace="Shop")
    def handler(event: Any, context: Any) -> list[str]:
        return [charge(1), charge(2, more=1)]

    assert handler({}, None) == ["done", "done"]
    assert [metric.value for metric in published()] == [1000.0, 3000.0]
    assert (charge.__name__, charge.__doc__) == ("charge", "Take the money.")


def test_calls_of_an_async_function_are_timed_to_their_end(clock: Clock, published: Published) -> None:
    @metrics.timer("Charge")
    async def charge(seconds: float) -> float:
        await asyncio.sleep(0)
        clock.seconds += seconds
        return seconds

    @measured(namespace="Shop")
    async def handler(event: Any, context: Any) -> list[float]:
        return [await charge(1), await charge(2)]

    assert handler({}, None) == [1, 2]
    assert [metric.value for metric in published()] == [1000.0, 2000.0]


def test_calls_that_overlap_and_that_call_themselves_each_have_their_own_time(
    clock: Clock, published: Published
) -> None:
    @metrics.timer("Charge")
    def charge(depth: int) -> None:
        clock.seconds += 1
        if depth:
            charge(depth - 1)

    measured(namespace="Shop")(taking_any(lambda event, context: charge(2)))({}, None)
    assert [metric.value for metric in published()] == [1000.0, 2000.0, 3000.0]


def test_a_timer_may_be_used_again_but_not_while_it_runs(clock: Clock, published: Published) -> None:
    timer = metrics.timer("Charge")

    def handler(event: Any, context: Any) -> None:
        for _ in range(2):
            with timer:
                clock.seconds += 1
        with timer, pytest.raises(MetricError, match="runs already"):
            timer.__enter__()

    measured(namespace="Shop")(handler)({}, None)
    assert [metric.value for metric in published()] == [1000.0, 1000.0, 0.0]


def test_a_clash_is_told_when_the_block_starts_and_not_in_place_of_its_error(published: Published) -> None:
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charge")
        started = False
        with pytest.raises(MetricError, match="'Charge' is recorded"), metrics.timer("Charge"):
            started = True
        assert not started
        with metrics.timer("Other"), pytest.raises(MetricError, match="'Other' is a dimension"):
            metrics.add_dimensions(Other="x")

    measured(namespace="Shop")(handler)({}, None)
    assert [metric.name for metric in published()] == ["Charge", "Other"]


def plain_generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("function", [plain_generator, async_generator])
def test_a_generator_is_refused(function: Any) -> None:
    with pytest.raises(OptionError, match=r"@metrics\.timer \(.*test_timer\.py, line \d+\).* is a generator"):
        metrics.timer("Charge")(function)


def test_a_timer_outside_an_invocation_writes_a_line(clock: Clock, published: Published) -> None:
    with metrics.timer("Import"):
        clock.seconds += 0.5
    assert [(metric.name, metric.value) for metric in published()] == [("Import", 500.0)]
