"""What the batch engine counts, for a metrics decorator around it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import kinesis_batch, sqs_batch
from lambdakit._counted import listener
from lambdakit.testing import FakeContext, events

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from tests.conftest import AsKind


@pytest.fixture
def counts() -> Iterator[list[tuple[str, int]]]:
    """What was counted while a test listens."""
    heard: list[tuple[str, int]] = []
    before = listener.get()
    listener.set(lambda name, number: heard.append((name, number)))
    yield heard
    listener.set(before)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_records_that_were_not_started_for_lack_of_time_are_counted(
    as_kind: AsKind, concurrency: int, counts: list[tuple[str, int]]
) -> None:
    context = FakeContext(timeout=10)
    one_key = (events.kinesis_record(data, partition_key="k") for data in "abc")
    kinesis_batch(concurrency=concurrency)(as_kind(lambda record, _: context.advance(6)))(
        events.kinesis(*one_key), context
    )
    assert counts == [("RecordsNotStarted", 2)]


def test_records_that_wait_behind_a_failure_are_not_counted(as_kind: AsKind, counts: list[tuple[str, int]]) -> None:
    def handler(message: Any, context: Any) -> None:
        if message["body"] == "b":
            raise ValueError

    sqs_batch(as_kind(handler))(events.sqs("a", "b", "c", queue="orders.fifo"), None)
    assert counts == []


def test_a_batch_that_went_well_counts_nothing(as_kind: AsKind, counts: list[tuple[str, int]]) -> None:
    sqs_batch(as_kind(lambda message, context: None))(events.sqs("a", "b"), FakeContext())
    assert counts == []


def test_threads_that_still_run_are_counted(release: threading.Event, counts: list[tuple[str, int]]) -> None:
    handler = sqs_batch(concurrency=2)(lambda message, context: release.wait() if message["body"] == "slow" else None)
    handler(events.sqs("slow", "quick"), FakeContext(timeout=0.6))
    assert counts == [("RecordsNotFinished", 1)]


def test_tasks_that_still_run_are_counted(counts: list[tuple[str, int]]) -> None:
    @sqs_batch(concurrency=2)
    async def handler(message: dict[str, Any], context: Any) -> None:
        if message["body"] == "slow":
            await asyncio.Event().wait()

    handler(events.sqs("slow", "quick"), FakeContext(timeout=0.6))
    assert counts == [("RecordsNotFinished", 1)]
