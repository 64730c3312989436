"""FakeClock, and the context that a handler sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.errors import OptionError
from lambdakit.testing.sources import FakeClock, FakeQueue, SandboxTimeout

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_it_stands_still_until_it_is_moved() -> None:
    clock = FakeClock()
    assert clock.now == clock.now == NEW_YEAR
    clock.advance(1.5)
    assert clock.now == NEW_YEAR + timedelta(seconds=1.5)
    assert repr(clock) == "<FakeClock 2026-01-01T00:00:01.500+00:00>"


@given(st.lists(st.floats(0, 1e6)))
def test_it_never_runs_backwards(steps: list[float]) -> None:
    clock = FakeClock()
    for step in steps:
        before = clock.now
        clock.advance(step)
        assert clock.now >= before
    assert clock.now == NEW_YEAR + timedelta(milliseconds=sum(round(step * 1000) for step in steps))


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_time_that_cannot_be_is_an_error(seconds: float) -> None:
    with pytest.raises(OptionError, match="advance: expected 0 or more seconds"):
        FakeClock().advance(seconds)


def test_a_time_without_a_zone_is_an_error() -> None:
    with pytest.raises(OptionError, match="time zone"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_no_time_passes_for_the_handler_either() -> None:
    seen: list[int] = []
    queue = FakeQueue(lambda event, context: seen.append(context.get_remaining_time_in_millis()), timeout=20)
    queue.send("a")
    queue.drain()
    assert seen == [20_000]
    assert queue.clock.now == NEW_YEAR


def test_work_of_the_handler_moves_the_clock_and_shortens_what_remains() -> None:
    seen: list[float] = []

    def handler(event: Any, context: Any) -> None:
        context.advance(4)
        seen.append(context.remaining)
        queue.clock.advance(1)
        seen.append(context.remaining)
        context.remaining = 2
        seen.append(context.get_remaining_time_in_millis())

    queue = FakeQueue(handler, timeout=10)
    queue.send("a")
    queue.drain()
    assert seen == [6, 5, 2000]
    assert queue.clock.now == NEW_YEAR + timedelta(seconds=8)
    assert queue.deleted == ["a"]


def test_more_time_cannot_remain_than_does() -> None:
    def handler(event: Any, context: Any) -> None:
        with pytest.raises(OptionError, match="remaining: expected 0 to 10 seconds"):
            context.remaining = 11

    queue = FakeQueue(handler, timeout=10)
    queue.send("a")
    queue.drain()
    assert queue.deleted == ["a"]


@pytest.mark.parametrize("seconds", [10, 11])
def test_work_that_takes_longer_than_the_function_may_does_not_end(seconds: float) -> None:
    reached: list[str] = []

    def handler(event: Any, context: Any) -> None:
        try:
            context.advance(seconds)
        except Exception:
            reached.append("no except catches it")
        reached.append("the end")

    queue = FakeQueue(handler, timeout=10)
    queue.send("a")
    delivery = queue.poll()
    assert delivery is not None
    assert reached == []
    assert isinstance(delivery.error, SandboxTimeout)
    assert delivery.failed == ("a",)
    assert queue.in_flight == ["a"]
    assert queue.clock.now == NEW_YEAR + timedelta(seconds=10)


def test_a_handler_that_does_not_notice_its_end_is_taken_as_ended() -> None:
    def handler(event: Any, context: Any) -> str:
        try:
            context.advance(60)
        except SandboxTimeout:
            pass
        return "done"

    queue = FakeQueue(handler)
    queue.send("a")
    delivery = queue.poll()
    assert delivery is not None
    assert isinstance(delivery.error, SandboxTimeout)
    assert delivery.answer is None


def test_outside_an_invocation_there_is_no_end() -> None:
    queue = FakeQueue(lambda event, context: None)
    queue.send("a")
    queue.drain()
    queue.clock.advance(10_000)


def test_sources_can_share_a_clock() -> None:
    clock = FakeClock()
    first, second = (FakeQueue(lambda event, context: None, clock=clock) for _ in range(2))
    assert first.clock is second.clock is clock
