"""`deadline` with other layers around it and beneath it: all of them finish."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import DeadlineExceededError, idempotent, log, logged, measured, metrics, sqs_batch, traced
from tests.lifecycle.conftest import SOON, in_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit.testing import CapturedLogs, CapturedMetrics, CapturedSpans, Events
    from tests.idempotency.conftest import WatchedStore

LONG = 60  # seconds: nobody waits so long


def sleeping(event: Any, context: Any) -> None:
    log.info("started")
    metrics.count("Started")
    time.sleep(LONG)


async def awaiting(event: Any, context: Any) -> None:
    log.info("started")
    metrics.count("Started")
    await asyncio.sleep(LONG)


both = pytest.mark.parametrize("function", [sleeping, awaiting])


@both
def test_a_claim_is_released(store: WatchedStore, function: Callable[[Any, Any], Any]) -> None:
    handler = in_time(idempotent(store, key=lambda event: event)(function))
    for _ in range(2):
        with pytest.raises(DeadlineExceededError):
            handler(5, SOON)
    assert store.steps == ["claim", "release"] * 2


@both
def test_lines_and_metrics_are_there(
    function: Callable[[Any, Any], Any], captured_logs: CapturedLogs, captured_metrics: CapturedMetrics
) -> None:
    handler = logged(measured(namespace="Test")(in_time(function)))
    with pytest.raises(DeadlineExceededError):
        handler({}, SOON)
    assert captured_logs.messages == ["started", "the handler failed"]
    assert captured_metrics.values("Started") == [1]


@both
def test_spans_are_there(function: Callable[[Any, Any], Any], captured_spans: CapturedSpans) -> None:
    handler = traced(in_time(function))
    with pytest.raises(DeadlineExceededError):
        handler({}, SOON)
    (span,) = captured_spans
    assert span.error == "DeadlineExceededError"


def test_a_claim_of_a_function_is_released(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: int) -> None:
        time.sleep(LONG)

    @idempotent.function(store, key=lambda order: order)
    async def charge_async(order: int) -> None:
        await asyncio.sleep(LONG)

    @in_time
    def plain(event: Any, context: Any) -> None:
        charge(event)

    @in_time
    async def awaited(event: Any, context: Any) -> None:
        await charge_async(event)

    for handler in (plain, awaited):
        with pytest.raises(DeadlineExceededError):
            handler(5, SOON)
    assert store.steps == ["claim", "release"] * 2


def test_a_step_of_a_store_in_a_thread_is_not_broken_off(store: WatchedStore) -> None:
    inner = store.inner.claim

    def claim(*arguments: Any, **options: Any) -> Any:
        deadline_has_come.wait(LONG)
        return inner(*arguments, **options)

    store.inner.claim = claim  # type: ignore[method-assign]
    deadline_has_come = threading.Event()
    threading.Timer(0.1, deadline_has_come.set).start()

    @in_time
    @idempotent(store, key=lambda event: event)
    async def handler(event: Any, context: Any) -> None:
        raise AssertionError

    with pytest.raises(DeadlineExceededError):
        handler(5, SOON)
    assert store.steps == ["claim", "release"]
    assert store.inner.find(store.keys[0]) is None


def test_who_waits_for_a_twin_is_interrupted_too(store: WatchedStore) -> None:
    once = idempotent(store, key=lambda event: event, on_running="wait")

    @in_time
    @once
    def plain(event: Any, context: Any) -> None:
        raise SystemExit  # which keeps the claim

    @in_time
    @once
    async def awaited(event: Any, context: Any) -> None:
        raise SystemExit

    for handler in (plain, awaited):
        with pytest.raises(SystemExit):
            handler(5, None)
        with pytest.raises(DeadlineExceededError):
            handler(5, SOON)


def test_beneath_a_batch_the_record_fails_that_takes_too_long(events: Events) -> None:
    done: list[str] = []

    @sqs_batch
    @in_time
    def plain(message: Any, context: Any) -> None:
        if message["body"] == "slow":
            time.sleep(LONG)
        done.append(message["body"])

    @sqs_batch
    @in_time
    async def awaited(message: Any, context: Any) -> None:
        if message["body"] == "slow":
            await asyncio.sleep(LONG)
        done.append(message["body"])

    event = events.sqs("quick", "slow", "late")
    slow = event["Records"][1]["messageId"]
    for handler in (plain, awaited):
        done.clear()
        assert handler(event, SOON) == {"batchItemFailures": [{"itemIdentifier": slow}]}
        assert done == ["quick", "late"]


@both
def test_above_a_batch_all_of_it_comes_again(events: Events, function: Callable[[Any, Any], Any]) -> None:
    handler = in_time(sqs_batch(function))
    with pytest.raises(DeadlineExceededError):
        handler(events.sqs("first", "second"), SOON)
