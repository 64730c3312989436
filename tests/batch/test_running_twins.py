"""Records that another invocation, or another task, is at work on: they come again, and nothing is wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import (
    BatchError,
    InProgressError,
    NotStartedError,
    dynamodb_batch,
    firehose_transform,
    kafka_batch,
    kinesis_batch,
    s3_batch,
    sqs_batch,
)
from lambdakit.testing import FakeContext, events
from tests.batch.sqs_mapping import Queue

if TYPE_CHECKING:
    from tests.batch.conftest import Sqs
    from tests.conftest import AsKind


def running(*bodies: str, wrong: tuple[str, ...] = ()) -> Any:
    """A function to which some messages are in progress elsewhere, and some are wrong."""

    def handler(message: Any, context: Any) -> None:
        if message["body"] in bodies:
            raise InProgressError("secret")
        if message["body"] in wrong:
            raise ValueError

    return handler


def in_progress(record: Any, context: Any) -> None:
    raise InProgressError


def reported(answer: Any, event: Any) -> list[str]:
    ids = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    return [record["body"] for record in event["Records"] if record["messageId"] in ids]


@pytest.mark.parametrize("concurrency", [1, 2])
def test_when_all_are_in_progress_they_are_reported_and_nothing_raises(as_kind: AsKind, concurrency: int) -> None:
    event = events.sqs("a", "b")
    handler = sqs_batch(concurrency=concurrency)(as_kind(running("a", "b")))
    assert reported(handler(event, None), event) == ["a", "b"]


def test_what_waits_in_order_behind_one_in_progress_is_nothing_wrong_either(as_kind: AsKind) -> None:
    event = events.sqs("a", "b", "c", queue="orders.fifo")
    assert reported(sqs_batch(as_kind(running("a")))(event, None), event) == ["a", "b", "c"]


def test_what_was_not_started_for_lack_of_time_is_nothing_wrong_either(as_kind: AsKind) -> None:
    context, event = FakeContext(timeout=10), events.sqs("a", "b")

    def handler(message: Any, _: Any) -> None:
        context.advance(9.8)
        raise InProgressError

    assert reported(sqs_batch(as_kind(handler))(event, context), event) == ["a", "b"]


def test_one_real_error_among_them_fails_the_batch(as_kind: AsKind) -> None:
    with pytest.raises(BatchError, match=r"InProgressError \(1\), ValueError \(1\)"):
        sqs_batch(as_kind(running("a", wrong=("b",))))(events.sqs("a", "b"), None)


def test_a_real_error_before_those_that_wait_behind_it_fails_the_batch(as_kind: AsKind) -> None:
    with pytest.raises(BatchError) as caught:
        sqs_batch(as_kind(running(wrong=("a",))))(events.sqs("a", "b", queue="orders.fifo"), None)
    assert [type(error) for _, error in caught.value.failures] == [ValueError, NotStartedError]


def test_without_report_batch_item_failures_they_raise_or_would_be_lost(as_kind: AsKind) -> None:
    handler = sqs_batch(report_item_failures=False)(as_kind(running("b")))
    with pytest.raises(BatchError, match=r"InProgressError \(1\)"):
        handler(events.sqs("a", "b"), None)


@pytest.mark.parametrize(
    ("batch", "event"),
    [
        (kinesis_batch, events.kinesis("a", "b")),
        (dynamodb_batch, events.dynamodb({"id": 1}, {"id": 2})),
        (kafka_batch, events.kafka("a", "b")),
    ],
    ids=["kinesis", "dynamodb", "kafka"],
)
def test_streams_report_them_too(batch: Any, event: Any, as_kind: AsKind) -> None:
    assert batch(as_kind(in_progress))(event, None)["batchItemFailures"]


def test_they_are_logged_as_warnings_without_a_traceback(as_kind: AsKind, caplog: pytest.LogCaptureFixture) -> None:
    event = events.sqs("a", "b")
    with caplog.at_level(logging.DEBUG, "lambdakit"):
        sqs_batch(as_kind(running("b")))(event, None)
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    message_id = event["Records"][1]["messageId"]
    assert record.getMessage() == (
        f"record {message_id} is left to another invocation, or another task, that is at work on it"
    )
    assert "secret" not in caplog.text


def test_they_are_never_given_up_as_dead_letters(sqs: Sqs, as_kind: AsKind) -> None:
    dead_letters, event = Queue(sqs.client), events.sqs("a")
    handler = sqs_batch(not_retryable=(Exception,), dead_letter_queue=dead_letters.url)(as_kind(running("a")))
    assert reported(handler(event, None), event) == ["a"]
    assert dead_letters.receive_bodies() == []


def test_s3_tries_them_again_though_every_error_is_permanent(as_kind: AsKind) -> None:
    (answer,) = s3_batch(permanent=(Exception,))(as_kind(in_progress))(events.s3_batch("key"), None)["results"]
    assert (answer["resultCode"], answer["resultString"]) == ("TemporaryFailure", "InProgressError")


def test_firehose_has_no_other_way_than_to_fail_them(as_kind: AsKind) -> None:
    (answer,) = firehose_transform(as_kind(in_progress))(events.firehose("a"), None)["records"]
    assert answer["result"] == "ProcessingFailed"
