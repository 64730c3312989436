"""FakeQueue: a standard queue."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from lambdakit import parse, sqs_batch
from lambdakit.errors import EncodeError, OptionError
from lambdakit.events import SQSMessage
from lambdakit.testing import events
from lambdakit.testing.sources import FakeFifoQueue, FakeQueue, ReceiptHandleError
from tests.testing.sources.handlers import Recorder, failing, failures, raising

if TYPE_CHECKING:
    from tests.conftest import AsKind


class Order(BaseModel):
    id: str


GOOD, BAD, BETTER = Order(id="good"), Order(id="bad"), Order(id="better")


def test_five_lines_show_that_nothing_is_lost(as_kind: AsKind) -> None:
    def process(message: SQSMessage[Order], context: Any) -> None:
        if message.body == BAD:
            raise ValueError

    function = as_kind(process)
    handler = sqs_batch(on_all_failed="report")(parse(SQSMessage[Order])(function))

    queue = FakeQueue(handler, max_receive_count=3)
    queue.send(GOOD, BAD, BETTER)
    queue.drain()
    assert queue.deleted == [GOOD, BETTER]
    assert queue.dead_letters == [BAD]
    assert [len(delivery.payloads) for delivery in queue.history] == [3, 1, 1]


class TestDelivery:
    def test_a_batch_has_at_most_so_many_messages_in_the_order_sent(self) -> None:
        queue = FakeQueue(handler := Recorder(), batch_size=2)
        queue.send(1, 2, 3)
        queue.send(4, 5)
        queue.drain()
        assert handler.calls == [[1, 2], [3, 4], [5]]
        assert queue.deleted == [1, 2, 3, 4, 5]

    def test_there_is_nothing_to_poll_in_an_empty_queue(self) -> None:
        queue = FakeQueue(handler := Recorder())
        assert queue.poll() is None
        queue.drain()
        assert (handler.calls, queue.history) == ([], [])

    def test_what_failed_comes_again_alone_after_the_visibility_timeout(self) -> None:
        queue = FakeQueue(handler := Recorder(2), visibility_timeout=45)
        queue.send(1, 2, 3)
        queue.poll()
        assert (queue.deleted, queue.in_flight, queue.visible) == ([1, 3], [2], [])
        queue.clock.advance(44.999)
        assert queue.poll() is None
        queue.clock.advance(0.001)
        assert (queue.in_flight, queue.visible) == ([], [2])
        assert queue.poll() is not None
        assert handler.calls == [[1, 2, 3], [2]]

    def test_everything_comes_again_when_the_handler_raises(self) -> None:
        queue = FakeQueue(raising(error := ValueError()))
        queue.send(1, 2)
        delivery = queue.poll()
        assert delivery is not None
        assert delivery.error is error
        assert delivery.failed == (1, 2)
        assert queue.in_flight == [1, 2]

    def test_what_cannot_be_encoded_is_an_error_of_the_function(self) -> None:
        queue = FakeQueue(lambda event, context: {1, 2})
        queue.send(1)
        delivery = queue.poll()
        assert delivery is not None
        assert isinstance(delivery.error, EncodeError)

    def test_another_poller_gets_what_is_not_in_flight(self) -> None:
        calls: list[list[str]] = []

        def handler(event: Any, context: Any) -> None:
            calls.append([record["body"] for record in event["Records"]])
            queue.poll()

        queue = FakeQueue(handler, batch_size=2)
        queue.send("a", "b", "c")
        queue.poll()
        assert calls == [["a", "b"], ["c"]]
        assert queue.deleted == ["c", "a", "b"]

    def test_a_handler_may_send(self) -> None:
        def handler(event: Any, context: Any) -> None:
            if event["Records"][0]["body"] == "first":
                queue.send("second")

        queue = FakeQueue(handler)
        queue.send("first")
        queue.drain()
        assert queue.deleted == ["first", "second"]


class TestRecords:
    def test_a_record_is_awss_own_and_only_what_a_receive_changes_differs(self) -> None:
        queue = FakeQueue(failing("x"), queue="orders")
        queue.clock.advance(5)
        (message_id,) = queue.send(
            events.sqs_record("x", attributes={"kind": "refund"}, trace_header="Root=1-2-3", group="tenant")
        )
        queue.clock.advance(60)
        first, second = (_only(_poll(queue)) for _ in range(2))
        expected = events.sqs(
            events.sqs_record(
                "x", message_id=message_id, attributes={"kind": "refund"}, trace_header="Root=1-2-3", group="tenant"
            ),
            queue="orders",
        )["Records"][0]
        assert first.keys() == expected.keys()
        for same in ("messageId", "body", "md5OfBody", "messageAttributes", "md5OfMessageAttributes", "eventSourceARN"):
            assert first[same] == second[same] == expected[same]
        sent = int(expected["attributes"]["SentTimestamp"]) + 5_000
        assert first["attributes"] == expected["attributes"] | {
            "SentTimestamp": str(sent),
            "ApproximateFirstReceiveTimestamp": str(sent + 60_000),
        }
        assert second["attributes"] == first["attributes"] | {"ApproximateReceiveCount": "2"}
        assert first["receiptHandle"] != second["receiptHandle"]

    def test_ids_differ_within_a_queue_and_are_the_same_in_each_run(self) -> None:
        first, second = (FakeQueue(failing()).send(1, 1, 1) for _ in range(2))
        assert first == second
        assert len(set(first)) == 3

    def test_each_invocation_has_a_request_id_of_its_own(self) -> None:
        seen: list[str] = []
        queue = FakeQueue(lambda event, context: seen.append(context.aws_request_id), batch_size=1)
        queue.send(1, 2, 3)
        queue.drain()
        assert seen == [delivery.request_id for delivery in queue.history]
        assert len(set(seen)) == 3

    def test_the_handler_cannot_change_what_comes_again(self) -> None:
        bodies: list[str] = []

        def handler(event: Any, context: Any) -> object:
            record = event["Records"][0]
            bodies.append(record["body"])
            record["body"] = record["attributes"]["ApproximateReceiveCount"] = "changed"
            return failures(record)

        queue = FakeQueue(handler, max_receive_count=2)
        queue.send("a")
        queue.drain()
        assert bodies == ["a", "a"]
        assert json.loads(json.dumps(queue.history[0].event)) == queue.history[0].event


class TestDeadLetters:
    def test_a_message_goes_there_when_it_would_be_received_once_more(self) -> None:
        queue = FakeQueue(handler := Recorder(1), max_receive_count=2)
        queue.send(1)
        queue.poll()
        queue.clock.advance(30)
        queue.poll()
        queue.clock.advance(30)
        assert (queue.visible, queue.dead_letters) == ([1], [])
        assert queue.poll() is None
        assert (queue.visible, queue.dead_letters) == ([], [1])
        assert handler.calls == [[1], [1]]

    def test_it_makes_no_difference_how_a_message_failed(self) -> None:
        queue = FakeQueue(raising(ValueError()), max_receive_count=1)
        queue.send(1, 2)
        queue.drain()
        assert (queue.dead_letters, queue.deleted) == ([1, 2], [])


class TestDelay:
    def test_a_message_is_held_back(self) -> None:
        queue = FakeQueue(Recorder(), delay=10)
        queue.send(1)
        queue.send(2, delay=0)
        queue.send(3, delay=60)
        assert (queue.delayed, queue.visible, queue.in_flight) == ([1, 3], [2], [])
        start = queue.clock.now
        queue.drain()
        assert queue.deleted == [2, 1, 3]
        assert queue.clock.now - start == timedelta(seconds=60)


class TestChangeVisibility:
    def test_it_brings_a_message_back_sooner_or_later(self) -> None:
        seconds = iter([0, 5, 300])
        times: list[float] = []

        def handler(event: Any, context: Any) -> object:
            times.append(queue.clock.milliseconds / 1000)
            wait = next(seconds, None)
            if wait is not None:
                queue.change_visibility(event["Records"][0]["receiptHandle"], wait)
            return failures(event["Records"][0])

        queue = FakeQueue(handler, max_receive_count=5)
        queue.send("a")
        queue.drain()
        assert [after - before for before, after in pairwise(times)] == [0, 5, 300, 30]

    def test_a_message_that_is_not_in_flight_is_an_error(self) -> None:
        queue = FakeQueue(failing("a"))
        queue.send("a")
        handle = _only(_poll(queue))["receiptHandle"]
        queue.clock.advance(30)
        for given in (handle, "unknown"):
            with pytest.raises(ReceiptHandleError, match="not in flight"):
                queue.change_visibility(given, 10)
        queue.poll()
        with pytest.raises(ReceiptHandleError, match="not in flight"):
            queue.change_visibility(handle, 10)

    def test_nothing_is_hidden_for_more_than_twelve_hours_since_its_receive(self) -> None:
        queue = FakeQueue(failing("a"))
        queue.send("a")
        handle = _only(_poll(queue))["receiptHandle"]
        queue.clock.advance(10)
        with pytest.raises(ReceiptHandleError, match="12 hours"):
            queue.change_visibility(handle, 43_191)
        queue.change_visibility(handle, 43_190)

    @pytest.mark.parametrize("seconds", [-1, 43_201, float("nan")])
    def test_a_time_that_sqs_does_not_take_is_an_error(self, seconds: float) -> None:
        with pytest.raises(OptionError, match="seconds: expected 0 to 43200 seconds"):
            FakeQueue(failing()).change_visibility("?", seconds)


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"batch_size": 0}, "batch_size: expected 1 to 10,000"),
            ({"batch_size": 10_001}, "batch_size: expected 1 to 10,000"),
            ({"batch_size": 2.0}, "batch_size: expected 1 to 10,000"),
            ({"visibility_timeout": 43_201}, "visibility_timeout: expected 0 to 43200 seconds"),
            ({"visibility_timeout": "30"}, "visibility_timeout: expected 0 to 43200 seconds"),
            ({"visibility_timeout": 10}, "visibility_timeout: AWS refuses .* got 10 s, with timeout=30"),
            ({"delay": 901}, "delay: expected 0 to 900 seconds"),
            ({"max_receive_count": 0}, "max_receive_count: expected 1 to 1,000"),
            ({"max_receive_count": True}, "max_receive_count: expected 1 to 1,000"),
            ({"timeout": 0}, "timeout: expected more than 0"),
            ({"queue": "arn:aws:sns:us-east-1:123456789012:orders"}, "queue: expected a name or an ARN"),
            ({"queue": "orders.fifo"}, r"queue: the name of a FIFO queue ends in \.fifo"),
        ],
    )
    def test_what_aws_does_not_have_is_an_error_at_once(self, options: dict[str, Any], problem: str) -> None:
        with pytest.raises(OptionError, match=problem):
            FakeQueue(failing(), **options)

    def test_a_message_that_cannot_be_sent_is_an_error_and_nothing_is_sent(self) -> None:
        queue = FakeQueue(failing())
        with pytest.raises(EncodeError, match="message 1"):
            queue.send("good", object())
        with pytest.raises(OptionError, match="de-duplication"):
            queue.send("good", events.sqs_record("x", deduplication_id="d"))
        with pytest.raises(OptionError, match="receive_count: the queue counts itself"):
            queue.send("good", events.sqs_record("x", receive_count=3))
        with pytest.raises(OptionError, match="delay: expected 0 to 900 seconds"):
            queue.send("good", delay=901)
        assert (queue.visible, queue.delayed) == ([], [])


def test_its_repr_counts() -> None:
    queue = FakeQueue(failing(2), queue="orders")
    queue.send(1, 2)
    queue.poll()
    assert repr(queue) == "<FakeQueue orders: 0 visible, 1 in flight, 0 delayed, 1 deleted, 0 dead letters>"
    assert repr(FakeFifoQueue(failing())).startswith("<FakeFifoQueue queue.fifo: 0 visible")


def _poll(queue: FakeQueue) -> dict[str, Any]:
    queue.clock.advance(0 if queue.visible else 30)
    delivery = queue.poll()
    assert delivery is not None
    return delivery.event


def _only(event: dict[str, Any]) -> dict[str, Any]:
    (record,) = event["Records"]
    assert isinstance(record, dict)
    return record
