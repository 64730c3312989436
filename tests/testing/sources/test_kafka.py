"""FakeKafka: partitions, offsets, and answers that name records by objects."""

from __future__ import annotations

from typing import Any

import pytest

from lambdakit.errors import EncodeError, OptionError
from lambdakit.testing.sources import FakeKafka, Fault
from tests.testing.sources.handlers import Recorder, failing, payload_of, raising


def test_records_of_one_key_are_in_one_partition_in_order() -> None:
    kafka = FakeKafka(Recorder(), topics={"orders": 3})
    for number in range(3):
        for key in "abcdef":
            kafka.send(f"{key}{number}", key=key)
    kafka.drain()
    records = kafka.history[0].event["records"]
    assert 1 < len(records) <= 3
    assert sum(map(len, records.values())) == 18
    for home, batch in records.items():
        assert [(f"{record['topic']}-{record['partition']}", record["offset"]) for record in batch] == [
            (home, offset) for offset in range(len(batch))
        ]
        for key in {payload_of(record)[0] for record in batch}:
            mine = [payload_of(record) for record in batch if payload_of(record)[0] == key]
            assert mine == [f"{key}0", f"{key}1", f"{key}2"]


def test_records_without_a_key_go_round() -> None:
    kafka = FakeKafka(Recorder(), topics={"orders": 2})
    assert kafka.send(1, 2, 3) == [("orders-0", 0), ("orders-1", 0), ("orders-0", 1)]
    assert kafka.send(4) == [("orders-1", 1)]
    assert kafka.send(5, partition=1) == [("orders-1", 2)]


def test_a_batch_is_of_several_partitions_and_topics() -> None:
    kafka = FakeKafka(handler := Recorder(), topics={"orders": 2, "refunds": 1}, batch_size=3)
    kafka.send(1, 2, topic="orders")
    kafka.send(3, 4, topic="refunds")
    kafka.drain()
    assert [list(each.event["records"]) for each in kafka.history] == [
        ["orders-0", "orders-1", "refunds-0"],
        ["refunds-0"],
    ]
    assert handler.calls == [[1, 2, 3], [4]]
    assert kafka.committed == {"orders-0": 1, "orders-1": 1, "refunds-0": 2}


def test_what_the_answer_names_comes_again_and_no_more() -> None:
    kafka = FakeKafka(handler := Recorder(2, 3), topics={"orders": 2}, maximum_retry_attempts=1)
    kafka.send(1, 2, 3, partition=0)
    kafka.send(4, partition=1)
    kafka.poll()
    assert (kafka.processed, kafka.waiting) == ([1, 4], [2, 3])
    assert kafka.committed == {"orders-0": 1, "orders-1": 1}
    kafka.drain()
    assert handler.calls == [[1, 2, 3, 4], [2, 3]]
    assert kafka.discarded == [2, 3]
    assert kafka.committed == {"orders-0": 3, "orders-1": 1}


def test_what_is_not_named_is_done_so_a_handler_must_name_what_it_did_not_start() -> None:
    kafka = FakeKafka(Recorder(1), maximum_retry_attempts=0)
    kafka.send(1, 2, 3)
    kafka.drain()
    assert (kafka.processed, kafka.discarded) == ([2, 3], [1])


def test_new_records_wait_for_what_failed_and_the_offset_does_not_pass_it() -> None:
    kafka = FakeKafka(handler := Recorder(1), maximum_retry_attempts=2, batch_size=2)
    kafka.send(1, 2, 3)
    kafka.poll()
    assert kafka.committed == {"topic-0": 0}
    kafka.drain()
    assert handler.calls == [[1, 2], [1], [1], [3]]
    assert kafka.committed == {"topic-0": 3}


def test_the_whole_batch_comes_again_when_the_handler_raises() -> None:
    kafka = FakeKafka(raising(ValueError()), topics={"orders": 2}, maximum_retry_attempts=2)
    kafka.send(1, 2, 3)
    kafka.drain()
    assert [each.payloads for each in kafka.history] == [(1, 2, 3)] * 3
    assert kafka.discarded == [1, 2, 3]


def test_a_failed_batch_can_come_in_halves() -> None:
    def handler(event: Any, context: Any) -> None:
        if any(payload_of(record) == 3 for records in event["records"].values() for record in records):
            raise ValueError

    kafka = FakeKafka(handler, bisect_on_error=True, maximum_retry_attempts=0)
    kafka.send(1, 2, 3, 4)
    kafka.drain()
    assert (kafka.processed, kafka.discarded) == ([1, 2, 4], [3])


def test_half_of_the_records_are_processed_before_a_crash() -> None:
    kafka = FakeKafka(handler := Recorder(), topics={"orders": 2})
    kafka.send(1, 2, 3, 4)
    kafka.poll(fault=Fault.CRASH_DURING)
    assert handler.calls == [[1, 2]]
    assert kafka.waiting == [1, 2, 3, 4]


def test_what_is_too_old_is_discarded() -> None:
    kafka = FakeKafka(Recorder(), maximum_record_age=60)
    kafka.send(1)
    kafka.clock.advance(61)
    kafka.send(2)
    kafka.drain()
    assert (kafka.discarded, kafka.processed) == ([1], [2])


def test_a_cluster_can_be_ones_own() -> None:
    kafka = FakeKafka(Recorder(), self_managed=True)
    kafka.send("v", key=b"k", headers={"h": b"x"})
    kafka.drain()
    event = kafka.history[0].event
    assert event["eventSource"] == "SelfManagedKafka"
    (record,) = event["records"]["topic-0"]
    assert (record["key"], record["headers"]) == ("aw==", [{"h": [120]}])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"topics": {}}, "topics: expected at least one"),
        ({"topics": {"orders": 0}}, "topics, 'orders': expected 1 to 10,000"),
        ({"timeout": 841}, "timeout: expected 0 to 840 seconds"),
        ({"batch_size": 0}, "batch_size: expected 1 to 10,000"),
        ({"cluster": "a:b"}, "cluster: expected a name or an ARN"),
    ],
)
def test_what_aws_does_not_have_is_an_error_at_once(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        FakeKafka(failing(), **options)


def test_what_cannot_be_sent_is_an_error_and_nothing_is_sent() -> None:
    kafka = FakeKafka(failing(), topics={"orders": 2, "refunds": 1})
    wrong: list[tuple[Any, str]] = [
        ({}, "topic: expected one of orders, refunds; got None"),
        ({"topic": "other"}, "topic: expected one of orders, refunds; got 'other'"),
        ({"topic": "orders", "partition": 2}, "partition: expected 0 to 1"),
    ]
    for options, problem in wrong:
        with pytest.raises(OptionError, match=problem):
            kafka.send(1, **options)
    with pytest.raises(EncodeError):
        kafka.send(1, object(), topic="orders")
    assert kafka.waiting == []
    assert kafka.send(1, topic="orders") == [("orders-0", 0)]
