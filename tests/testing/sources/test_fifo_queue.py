"""FakeFifoQueue: groups, order and de-duplication."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lambdakit import sqs_batch
from lambdakit.errors import OptionError
from lambdakit.testing import events
from lambdakit.testing.sources import FakeFifoQueue
from tests.testing.sources.handlers import Recorder, failing, failures, payload_of


def test_a_batch_has_several_groups_each_in_order() -> None:
    queue = FakeFifoQueue(handler := Recorder())
    queue.send(1, 2, group="a")
    queue.send(3, group="b")
    queue.send(4, group="a")
    queue.drain()
    assert handler.calls == [[1, 2, 3, 4]]
    attributes = [record["attributes"] for record in queue.history[0].event["Records"]]
    assert [each["MessageGroupId"] for each in attributes] == ["a", "a", "b", "a"]
    numbers = [int(each["SequenceNumber"]) for each in attributes]
    assert numbers == sorted(set(numbers))


def test_a_batch_has_at_most_ten() -> None:
    queue = FakeFifoQueue(handler := Recorder())
    queue.send(*range(25))
    queue.drain()
    assert [len(call) for call in handler.calls] == [10, 10, 5]


def test_a_group_waits_for_what_failed_and_other_groups_do_not() -> None:
    queue = FakeFifoQueue(handler := Recorder(1), batch_size=1, max_receive_count=2)
    queue.send(1, 2, group="a")
    queue.send(3, 4, group="b")
    queue.drain()
    assert handler.calls == [[1], [3], [4], [1], [2]]
    assert queue.dead_letters == [1]
    assert queue.deleted == [3, 4, 2]


def test_a_group_waits_for_all_of_it_that_is_in_flight() -> None:
    def handler(event: Any, context: Any) -> object:
        if queue.history:
            return None
        for record, seconds in zip(event["Records"], [5, 300], strict=True):
            queue.change_visibility(record["receiptHandle"], seconds)
        return failures(*event["Records"])

    queue = FakeFifoQueue(handler, batch_size=2)
    queue.send(1, 2, 3)
    queue.poll()
    queue.clock.advance(299)
    assert queue.visible == [1, 3]
    assert queue.poll() is None
    queue.drain()
    assert [delivery.payloads for delivery in queue.history] == [(1, 2), (1, 2), (3,)]
    assert queue.history[1].at - queue.history[0].at == timedelta(seconds=300)


def test_what_timed_out_comes_again_in_order_with_what_came_after() -> None:
    queue = FakeFifoQueue(handler := Recorder(1, 2), batch_size=2)
    queue.send(1, 2, 3)
    queue.poll()
    queue.clock.advance(30)
    queue.poll()
    assert handler.calls == [[1, 2], [1, 2]]


def test_a_message_keeps_its_number_when_it_comes_again() -> None:
    queue = FakeFifoQueue(failing(1), max_receive_count=2)
    queue.send(1)
    queue.drain()
    first, second = (delivery.event["Records"][0]["attributes"] for delivery in queue.history)
    for same in ("SequenceNumber", "MessageDeduplicationId", "SentTimestamp"):
        assert first[same] == second[same]


def test_a_dead_letter_lets_its_group_go_on_in_the_same_batch() -> None:
    queue = FakeFifoQueue(handler := Recorder(1), max_receive_count=1)
    queue.send(1, group="a")
    queue.poll()
    queue.send(2, group="a")
    queue.clock.advance(30)
    queue.poll()
    assert handler.calls == [[1], [2]]
    assert (queue.dead_letters, queue.deleted) == ([1], [2])


def test_a_handler_that_deletes_past_a_failure_breaks_the_order_as_on_aws() -> None:
    queue = FakeFifoQueue(failing(1), max_receive_count=2)
    queue.send(1, 2, 3)
    queue.drain()
    assert queue.deleted == [2, 3]


def test_with_sqs_batch_order_holds_through_failures() -> None:
    processed: list[Any] = []
    fails = {2: 2, 5: 1}

    @sqs_batch(on_all_failed="report")
    def handler(record: dict[str, Any], context: Any) -> None:
        number = payload_of(record)
        if fails.get(number, 0):
            fails[number] -= 1
            raise ValueError
        processed.append(number)

    queue = FakeFifoQueue(handler)
    queue.send(1, 2, 3, group="a")
    queue.send(4, 5, 6, group="b")
    queue.drain()
    assert [number for number in processed if number <= 3] == [1, 2, 3]
    assert [number for number in processed if number > 3] == [4, 5, 6]
    assert sorted(map(str, queue.deleted)) == list("123456")


class TestDeduplication:
    def test_the_same_content_is_delivered_once(self) -> None:
        queue = FakeFifoQueue(handler := Recorder())
        first, second, third = queue.send(1, 1, 2)
        assert first == second != third
        queue.drain()
        assert handler.calls == [[1, 2]]
        assert queue.duplicates == [1]

    def test_it_lasts_for_five_minutes_from_the_first_also_when_that_is_deleted(self) -> None:
        queue = FakeFifoQueue(Recorder())
        queue.send(1)
        queue.drain()
        queue.clock.advance(299)
        queue.send(1)
        queue.clock.advance(1)
        queue.send(1)
        queue.drain()
        assert queue.deleted == [1, 1]
        assert queue.duplicates == [1]

    def test_an_id_of_ones_own_goes_before_the_content(self) -> None:
        queue = FakeFifoQueue(Recorder())
        queue.send(*(events.sqs_record(number, deduplication_id=key) for number, key in [(1, "a"), (1, "b"), (2, "b")]))
        assert queue.visible == [1, 1]
        assert queue.duplicates == [2]


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"batch_size": 11}, "batch_size: expected 1 to 10"),
            ({"queue": "orders"}, r"queue: the name of a FIFO queue ends in \.fifo, and of no other one; got 'orders'"),
        ],
    )
    def test_what_aws_does_not_have_is_an_error_at_once(self, options: dict[str, Any], problem: str) -> None:
        with pytest.raises(OptionError, match=problem):
            FakeFifoQueue(failing(), **options)

    def test_a_record_may_name_its_group_itself(self) -> None:
        queue = FakeFifoQueue(Recorder(), queue="arn:aws:sqs:eu-west-1:1:orders.fifo")
        queue.send(1, events.sqs_record(2, group="own"), group="given")
        queue.send(3)
        queue.drain()
        records = queue.history[0].event["Records"]
        assert [record["attributes"]["MessageGroupId"] for record in records] == ["given", "own", "group"]
        assert {record["eventSourceARN"] for record in records} == {"arn:aws:sqs:eu-west-1:1:orders.fifo"}

    def test_a_queue_can_have_a_delay(self) -> None:
        queue = FakeFifoQueue(Recorder(), delay=10)
        queue.send(1, 2)
        assert queue.delayed == [1, 2]
        assert queue.poll() is None
        queue.drain()
        assert queue.deleted == [1, 2]
