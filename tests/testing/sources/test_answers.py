"""What an answer means to the poller, by AWS's lists of success and failure conditions."""

from __future__ import annotations

from typing import Any

import pytest

from lambdakit.testing import events
from lambdakit.testing.sources import FakeKafka, FakeQueue, FakeStream
from tests.testing.sources.handlers import answering, failing, failures, raising, records_of

SUCCESSES = [
    pytest.param(None, id="null"),
    pytest.param({}, id="an empty answer"),
    pytest.param({"batchItemFailures": []}, id="an empty list"),
    pytest.param({"batchItemFailures": None}, id="a null list"),
    pytest.param({"batchItemFailure": [{"itemIdentifier": "?"}]}, id="a misspelt key, which nobody sees"),
    pytest.param(b"null", id="null as bytes"),
    pytest.param(b'{"batchItemFailures": []}', id="an empty list as bytes"),
]
FAILURES = [
    pytest.param({"batchItemFailures": [{"itemIdentifier": ""}]}, id="an empty identifier"),
    pytest.param({"batchItemFailures": [{"itemIdentifier": None}]}, id="a null identifier"),
    pytest.param({"batchItemFailures": [{"itemIdentifer": "?"}]}, id="a misspelt identifier"),
    pytest.param({"batchItemFailures": [{"itemIdentifier": "?"}]}, id="an unknown identifier"),
    pytest.param({"batchItemFailures": [{"itemIdentifier": 7}]}, id="a number"),
    pytest.param({"batchItemFailures": ["?"]}, id="no objects"),
    pytest.param({"batchItemFailures": "?"}, id="no list"),
    pytest.param("ok", id="no object"),
    pytest.param([], id="a list"),
    pytest.param(b"\xff", id="no JSON"),
]


@pytest.mark.parametrize("answer", SUCCESSES)
def test_success_is_success_everywhere(answer: object) -> None:
    queue, stream, kafka = FakeQueue(answering(answer)), FakeStream(answering(answer)), FakeKafka(answering(answer))
    for source in (queue, stream, kafka):
        source.send(1, 2)
        source.drain(at_most=1)
        assert source.history[0].failed == ()
    assert queue.deleted == stream.processed == kafka.processed == [1, 2]


@pytest.mark.parametrize("answer", FAILURES)
def test_an_answer_that_cannot_be_read_fails_the_whole_batch(answer: object) -> None:
    queue, stream, kafka = FakeQueue(answering(answer)), FakeStream(answering(answer)), FakeKafka(answering(answer))
    for source in (queue, stream, kafka):
        source.send(1, 2)
        delivery = source.poll()
        assert delivery is not None
        assert delivery.failed == (1, 2)
        assert delivery.error is None
    assert queue.in_flight == stream.waiting == kafka.waiting == [1, 2]


@pytest.mark.parametrize("identifier", ["", None, "topic-0", {}, {"partition": "topic-0"}, {"offset": 0}])
@pytest.mark.parametrize("other", [{}, {"partition": "topic-1", "offset": 0}, {"partition": "topic-0", "offset": 9}])
def test_a_kafka_record_is_named_by_partition_and_offset_or_the_whole_batch_fails(
    identifier: Any, other: dict[str, Any]
) -> None:
    named = {**identifier, **other} if isinstance(identifier, dict) else identifier
    kafka = FakeKafka(answering({"batchItemFailures": [{"itemIdentifier": named}]}))
    kafka.send(1, 2)
    delivery = kafka.poll()
    assert delivery is not None
    assert delivery.failed == (1, 2)


@pytest.mark.parametrize("offset", [True, "1", 1.0])
def test_an_offset_is_an_integer(offset: object) -> None:
    kafka = FakeKafka(
        answering({"batchItemFailures": [{"itemIdentifier": {"partition": "topic-0", "offset": offset}}]})
    )
    kafka.send(1, 2, 3)
    delivery = kafka.poll()
    assert delivery is not None
    assert delivery.failed == (1, 2, 3)


def test_one_wrong_name_among_right_ones_fails_the_whole_batch() -> None:
    def handler(event: Any, context: Any) -> object:
        first, *_ = records_of(event)
        return {"batchItemFailures": [*failures(first)["batchItemFailures"], {"itemIdentifier": ""}]}

    queue = FakeQueue(handler)
    queue.send(1, 2, 3)
    delivery = queue.poll()
    assert delivery is not None
    assert delivery.failed == (1, 2, 3)


def test_a_name_may_be_given_twice() -> None:
    def handler(event: Any, context: Any) -> object:
        return failures(event["Records"][0], event["Records"][0])

    queue = FakeQueue(handler)
    queue.send(1, 2)
    queue.poll()
    assert (queue.in_flight, queue.deleted) == ([1], [2])


def test_a_name_is_of_every_message_that_has_it() -> None:
    queue = FakeQueue(failing(1))
    queue.send(events.sqs_record(1, message_id="same"), events.sqs_record(2, message_id="same"), 3)
    queue.poll()
    assert (queue.in_flight, queue.deleted) == ([1, 2], [3])


class TestWithoutReportBatchItemFailures:
    def test_the_answer_is_ignored_and_what_failed_is_lost(self) -> None:
        queue = FakeQueue(failing(2), report_item_failures=False)
        stream = FakeStream(failing(2), report_item_failures=False)
        kafka = FakeKafka(failing(2), report_item_failures=False)
        for source in (queue, stream, kafka):
            source.send(1, 2, 3)
            source.drain(at_most=1)
        assert queue.deleted == stream.processed == kafka.processed == [1, 2, 3]

    def test_raising_fails_the_whole_batch(self) -> None:
        queue = FakeQueue(raising(ValueError()), report_item_failures=False)
        stream = FakeStream(raising(ValueError()), report_item_failures=False)
        kafka = FakeKafka(raising(ValueError()), report_item_failures=False)
        for source in (queue, stream, kafka):
            source.send(1, 2)
            source.poll()
        assert queue.in_flight == stream.waiting == kafka.waiting == [1, 2]
