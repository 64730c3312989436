"""Batches that run out of time, and batches in threads and tasks."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit import (
    BatchError,
    DeadlineExceededError,
    NotFinishedError,
    NotStartedError,
    OptionError,
    current,
    deadline,
    kinesis_batch,
    sqs_batch,
)
from lambdakit.batch import _workers
from lambdakit.testing import FakeContext, events

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import AsKind

setting: ContextVar[str] = ContextVar("setting", default="untouched")


def reported(answer: Any, event: Any) -> list[str]:
    """The bodies of the messages that an answer reports."""
    ids = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    return [record["body"] for record in event["Records"] if record["messageId"] in ids]


def taking(context: FakeContext, seconds: dict[str, float]) -> Callable[[Any, Any], None]:
    """A function that takes some simulated seconds for each message, and keeps which it was called with."""

    def handler(message: Any, _: Any) -> None:
        handler.seen.append(message["body"])  # type: ignore[attr-defined]
        context.advance(seconds[message["body"]])

    handler.seen = []  # type: ignore[attr-defined]
    return handler


# Time


def test_no_message_is_started_when_less_than_the_slowest_and_the_answer_need_is_left(as_kind: AsKind) -> None:
    context, event = FakeContext(timeout=10), events.sqs("a", "b", "c", "d")
    function: Any = taking(context, {"a": 4, "b": 3, "c": 1, "d": 1})
    answer = sqs_batch(as_kind(function))(event, context)
    assert function.seen == ["a", "b"]  # 3 s are left, and a message may take 4
    assert reported(answer, event) == ["c", "d"]


def test_the_reserve_can_be_said(as_kind: AsKind) -> None:
    context, event = FakeContext(timeout=10), events.sqs("a", "b", "c")
    function: Any = taking(context, {"a": 4, "b": 4, "c": 1})
    answer = sqs_batch(reserve=1.5)(as_kind(function))(event, context)
    assert function.seen == ["a", "b", "c"]
    assert reported(answer, event) == []


def test_half_a_second_is_always_kept_for_the_answer(as_kind: AsKind) -> None:
    context, event = FakeContext(timeout=1), events.sqs("a", "b")
    function: Any = taking(context, {"a": 0.6, "b": 0})
    assert reported(sqs_batch(as_kind(function))(event, context), event) == ["b"]


def test_when_nothing_was_started_all_is_reported_and_nothing_raised(as_kind: AsKind) -> None:
    context, event = FakeContext(timeout=0.3), events.sqs("a", "b")
    assert reported(sqs_batch(as_kind(lambda message, _: pytest.fail("started")))(event, context), event) == ["a", "b"]


def test_what_was_not_started_is_counted_in_the_log(as_kind: AsKind, caplog: pytest.LogCaptureFixture) -> None:
    context = FakeContext(timeout=10)
    function: Any = taking(context, {"a": 6, "b": 1, "c": 1})
    with caplog.at_level(logging.WARNING, "lambdakit"):
        sqs_batch(as_kind(function))(events.sqs("a", "b", "c"), context)
    assert caplog.messages == ["2 of 3 records were not started, with 4.0 s left and 6.5 s reserved; they come again"]


def test_in_a_large_batch_the_clock_is_read_too() -> None:
    context, event = FakeContext(timeout=10), events.sqs(*(str(number) for number in range(1_001)))

    def handler(message: Any, _: Any) -> None:
        if message["body"] == "500":
            context.advance(9.8)
            time.sleep(0.002)  # real time, since large batches read Lambda's clock once a millisecond

    assert reported(sqs_batch(handler)(event, context), event) == [str(number) for number in range(501, 1_001)]


def test_without_a_context_there_is_no_limit(as_kind: AsKind) -> None:
    event = events.sqs("a")
    assert reported(sqs_batch(as_kind(lambda message, _: current().remaining))(event, None), event) == []


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_stream_reports_the_first_record_that_was_not_started(as_kind: AsKind, concurrency: int) -> None:
    context = FakeContext(timeout=10)
    event = events.kinesis(*(events.kinesis_record(data, partition_key="k") for data in "abc"))
    handler = kinesis_batch(concurrency=concurrency)(as_kind(lambda record, _: context.advance(6)))
    second = event["Records"][1]["kinesis"]["sequenceNumber"]
    assert handler(event, context) == {"batchItemFailures": [{"itemIdentifier": second}]}


# Concurrency


def test_plain_handlers_run_in_threads() -> None:
    barrier = threading.Barrier(4)

    @sqs_batch(concurrency=4)
    def handler(message: dict[str, Any], context: Any) -> None:
        barrier.wait(timeout=10)

    assert handler(events.sqs("a", "b", "c", "d"), None) == {"batchItemFailures": []}


def test_async_handlers_run_in_tasks() -> None:
    @sqs_batch(concurrency=4)
    async def handler(message: dict[str, Any], context: Any) -> None:
        waiting.append(message["body"])
        if len(waiting) == 4:
            released.set()
        await released.wait()

    waiting: list[str] = []
    released = asyncio.Event()
    assert handler(events.sqs("a", "b", "c", "d"), None) == {"batchItemFailures": []}


def test_no_more_run_at_once_than_was_said(as_kind: AsKind) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def handler(message: Any, context: Any) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.002)
        with lock:
            running -= 1

    sqs_batch(concurrency=3)(as_kind(handler))(events.sqs(*(str(n) for n in range(20))), None)
    assert most <= 3


def test_each_record_has_a_context_of_its_own(as_kind: AsKind) -> None:
    seen = []

    def handler(message: Any, context: Any) -> None:
        seen.append((setting.get(), current().record_fields["message_id"] == message["messageId"]))
        setting.set(message["body"])

    sqs_batch(concurrency=3)(as_kind(handler))(events.sqs(*(str(n) for n in range(9))), FakeContext())
    assert seen == [("untouched", True)] * 9


@given(
    messages=st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), min_size=1, max_size=10),
    concurrency=st.integers(1, 4),
    kind=st.sampled_from(["plain", "async"]),
)
def test_order_within_a_group_holds_and_what_succeeded_alone_is_not_reported(
    messages: list[tuple[str, bool]], concurrency: int, kind: str
) -> None:
    event = events.sqs(
        *(events.sqs_record(f"{n}{'bad' * bad}", group=group) for n, (group, bad) in enumerate(messages)),
        queue="orders.fifo",
    )
    done: list[str] = []

    def process(message: Any) -> None:
        if message["body"].endswith("bad"):
            raise ValueError
        done.append(message["body"])

    def plain(message: Any, context: Any) -> None:
        process(message)

    async def awaited(message: Any, context: Any) -> None:
        await asyncio.sleep(0)
        process(message)

    decorator = sqs_batch(concurrency=concurrency, on_all_failed="report")
    handler: Any = decorator(plain) if kind == "plain" else decorator(awaited)
    failed = set(reported(handler(event, None), event))
    for group in "xyz":
        bodies = [f"{n}{'bad' * bad}" for n, (of, bad) in enumerate(messages) if of == group]
        first_bad = next((i for i, body in enumerate(bodies) if body.endswith("bad")), len(bodies))
        assert [body for body in done if body in bodies] == bodies[:first_bad]
        assert {body for body in bodies if body in failed} == set(bodies[first_bad:])


def test_a_stop_starts_no_message_of_any_group_after_a_failure(as_kind: AsKind) -> None:
    event = events.sqs(
        *(events.sqs_record(body, group=group) for body, group in [("a", "g1"), ("bad", "g2"), ("c", "g1")]),
        queue="orders.fifo",
    )

    def handler(message: Any, context: Any) -> None:
        if message["body"] == "bad":
            raise ValueError

    assert reported(sqs_batch(on_failure="stop")(as_kind(handler))(event, None), event) == ["bad", "c"]


def test_ten_records_that_wait_50_ms_end_within_80_when_all_run_at_once() -> None:
    @sqs_batch(concurrency=10)
    async def awaited(message: dict[str, Any], context: Any) -> None:
        await asyncio.sleep(0.05)

    @sqs_batch(concurrency=10)
    def plain(message: dict[str, Any], context: Any) -> None:
        time.sleep(0.05)

    event = events.sqs(*"0123456789")
    for handler in (plain, awaited):
        handler(event, None)
        took = min(_seconds(handler, event) for _ in range(5))
        assert 0.05 <= took < 0.08


def _seconds(handler: Any, event: Any) -> float:
    started = time.perf_counter()
    handler(event, None)
    return time.perf_counter() - started


# Records that are still running when the answer has to be given


def test_a_thread_that_still_runs_is_reported_and_counted(
    release: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    context, event = FakeContext(timeout=0.6), events.sqs("slow", "quick")

    @sqs_batch(concurrency=2)
    def handler(message: dict[str, Any], context: Any) -> None:
        if message["body"] == "slow":
            release.wait()

    assert reported(handler(event, context), event) == ["slow"]
    assert "1 record(s) were still running" in caplog.text


def test_the_next_invocation_joins_the_threads_that_still_run(release: threading.Event) -> None:
    ended = []

    @sqs_batch(concurrency=2)
    def handler(message: dict[str, Any], context: Any) -> None:
        if message["body"] == "slow":
            release.wait()
            ended.append("slow")
        else:
            ended.append(message["body"])

    handler(events.sqs("slow", "quick"), FakeContext(timeout=0.6))
    assert ended == ["quick"]
    threading.Timer(0.05, release.set).start()
    handler(events.sqs("next", "after"), FakeContext())
    assert ended[:2] == ["quick", "slow"]
    assert sorted(ended[2:]) == ["after", "next"]


def test_a_thread_that_never_ends_holds_the_next_invocation_no_longer_than_the_bound(
    release: threading.Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_workers, "_JOIN", 0.02)

    @sqs_batch(concurrency=2)
    def handler(message: dict[str, Any], context: Any) -> None:
        if message["body"] == "slow":
            release.wait()

    handler(events.sqs("slow", "quick"), FakeContext(timeout=0.6))
    event = events.sqs("next", "after")
    assert reported(handler(event, FakeContext()), event) == []
    assert "1 record(s) of an earlier invocation are still running" in caplog.text


def test_the_bound_is_for_all_late_threads_together(release: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers, "_JOIN", 0.2)
    handler = sqs_batch(concurrency=8)(lambda message, context: release.wait() if message["body"] == "slow" else None)
    handler(events.sqs(*["slow"] * 7, "quick"), FakeContext(timeout=0.6))
    assert len(_workers._late) == 7
    assert _seconds(handler, events.sqs("next", "after")) < 1


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_task_that_still_runs_is_cancelled_and_reported(concurrency: int) -> None:
    event, cancelled = events.sqs("quick", "slow"), []

    @sqs_batch(concurrency=concurrency)
    async def handler(message: dict[str, Any], context: Any) -> None:
        if message["body"] == "slow":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append("slow")
                raise

    assert reported(handler(event, FakeContext(timeout=0.6)), event) == ["slow"]
    assert cancelled == ["slow"]


def test_when_the_only_message_still_runs_the_batch_fails_with_what_happened() -> None:
    @sqs_batch
    async def handler(message: dict[str, Any], context: Any) -> None:
        await asyncio.Event().wait()

    with pytest.raises(BatchError, match=r"NotFinishedError \(1\)") as caught:
        handler(events.sqs("slow"), FakeContext(timeout=0.6))
    assert isinstance(caught.value.failures[0][1], NotFinishedError)


def test_what_was_not_started_is_told_apart_from_what_failed(as_kind: AsKind) -> None:
    context = FakeContext(timeout=10)

    def handler(message: Any, _: Any) -> None:
        context.advance(9.8)
        raise ValueError

    with pytest.raises(BatchError) as caught:
        sqs_batch(as_kind(handler))(events.sqs("a", "b"), context)
    assert [type(error) for _, error in caught.value.failures] == [ValueError, NotStartedError]


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_base_exception_in_a_worker_ends_the_batch(concurrency: int, as_kind: AsKind) -> None:
    class Suspend(BaseException):
        pass

    def handler(message: Any, context: Any) -> None:
        raise Suspend

    with pytest.raises(Suspend):
        sqs_batch(concurrency=concurrency)(as_kind(handler))(events.sqs("a", "b", "c"), FakeContext())


def test_a_record_that_cancels_its_task_fails_alone() -> None:
    event = events.sqs("a", "b", "c")

    @sqs_batch
    async def handler(message: dict[str, Any], context: Any) -> None:
        if message["body"] == "b":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        await asyncio.sleep(0)

    assert reported(handler(event, None), event) == ["b"]


def test_a_timeout_inside_a_record_is_its_own() -> None:
    event = events.sqs("a", "b")

    @sqs_batch(concurrency=2)
    async def handler(message: dict[str, Any], context: Any) -> None:
        if message["body"] == "a":
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        await asyncio.sleep(0.002)

    assert reported(handler(event, None), event) == ["a"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"concurrency": 0}, "concurrency is a whole number of records, 1 or more, not 0"),
        ({"concurrency": True}, "concurrency is a whole number"),
        ({"concurrency": 2.5}, "concurrency is a whole number"),
        ({"reserve": -1}, "reserve is seconds, from 0 to 900"),
        ({"reserve": "1"}, "reserve is seconds"),
        ({"on_failure": "halt"}, "on_failure is 'continue' or 'stop', not 'halt'"),
    ],
)
def test_a_wrong_option_is_refused_at_import(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=rf"^@sqs_batch \(.*test_time_and_concurrency\.py, line \d+\): {problem}"):
        sqs_batch(**options)


@pytest.mark.parametrize(("left", "started"), [(0.3, []), (30, ["a", "b"])])
def test_the_clock_of_awss_own_context_is_heeded(left: float, started: list[str], as_kind: AsKind) -> None:
    from awslambdaric.lambda_context import LambdaContext  # type: ignore[import-untyped]

    seen: list[str] = []
    context = LambdaContext("id", None, None, int((time.time() + left) * 1000), "arn:aws:lambda:us-east-1:1:function:f")
    sqs_batch(as_kind(lambda message, _: seen.append(message["body"])))(events.sqs("a", "b"), context)
    assert seen == started


def test_threads_that_start_together_share_the_lanes_and_process_each_record_once() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        event = events.sqs(*(events.sqs_record(str(n), group=str(n % 40)) for n in range(200)), queue="orders.fifo")
        for _ in range(30):
            seen: list[int] = []
            sqs_batch(concurrency=8)(lambda message, _, seen=seen: seen.append(int(message["body"])))(event, None)  # type: ignore[misc]
            assert sorted(seen) == list(range(200))
    finally:
        sys.setswitchinterval(interval)


def test_when_a_deadline_ends_the_batch_its_threads_start_nothing_more(release: threading.Event) -> None:
    started: list[str] = []

    @deadline(margin=59.9)
    @sqs_batch(concurrency=2)
    def handler(message: Any, context: Any) -> None:
        started.append(message["body"])
        assert release.wait(10)

    with pytest.raises(DeadlineExceededError):
        handler(events.sqs(*map(str, range(8))), FakeContext(timeout=60))
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("lambdakit-"):
            thread.join()
    assert len(started) == 2
