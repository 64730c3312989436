"""`kafka_batch`: partitions are in order, and identifiers are objects."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from lambdakit import BatchError, EventError, Handler, current, kafka_batch, parse, payload
from lambdakit.events import KafkaEventRecord
from lambdakit.testing import events

if TYPE_CHECKING:
    from tests.conftest import AsKind


class Order(BaseModel):
    id: str


def kafka(*records: tuple[int, int, str]) -> dict[str, Any]:
    """An event of a topic, of (partition, offset, value)."""
    partitions: dict[str, list[dict[str, Any]]] = {}
    for partition, offset, value in records:
        partitions.setdefault(f"orders-{partition}", []).append(
            {
                "topic": "orders",
                "partition": partition,
                "offset": offset,
                "timestamp": 1545084650987,
                "timestampType": "CREATE_TIME",
                "value": base64.b64encode(value.encode()).decode(),
                "headers": [],
            }
        )
    return {"eventSource": "aws:kafka", "bootstrapServers": "b-1:9092", "records": partitions}


def failing_on(*values: str) -> Any:
    def handler(record: Any, context: Any) -> None:
        value = base64.b64decode(record["value"]).decode()
        handler.seen.append(value)  # type: ignore[attr-defined]
        if value in values:
            raise ValueError

    handler.seen = []  # type: ignore[attr-defined]
    return handler


def failure(partition: int, offset: int) -> dict[str, Any]:
    return {"itemIdentifier": {"partition": f"orders-{partition}", "offset": offset}}


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_partition_stops_at_its_first_failure_and_others_go_on(as_kind: AsKind, concurrency: int) -> None:
    event = kafka((0, 7, "a"), (0, 8, "b"), (0, 9, "c"), (1, 3, "d"))
    function = failing_on("b")
    answer = kafka_batch(concurrency=concurrency)(as_kind(function))(event, None)
    assert answer == {"batchItemFailures": [failure(0, 8), failure(0, 9)]}
    assert sorted(function.seen) == ["a", "b", "d"]


def test_nothing_is_reported_when_all_succeed(as_kind: AsKind) -> None:
    assert kafka_batch(as_kind(failing_on()))(kafka((0, 1, "a")), None) == {"batchItemFailures": []}
    assert kafka_batch(as_kind(failing_on()))(kafka(), None) == {"batchItemFailures": []}


def test_when_all_fail_the_batch_fails(as_kind: AsKind) -> None:
    event = kafka((0, 1, "a"), (1, 1, "b"))
    with pytest.raises(BatchError, match=r"2 of 2") as caught:
        kafka_batch(as_kind(failing_on("a", "b")))(event, None)
    assert [record_id for record_id, _ in caught.value.failures] == ["orders-0@1", "orders-1@1"]


def test_without_report_batch_item_failures_any_failure_fails_the_batch(as_kind: AsKind) -> None:
    with pytest.raises(BatchError):
        kafka_batch(report_item_failures=False)(as_kind(failing_on("a")))(kafka((0, 1, "a"), (1, 1, "b")), None)


@pytest.mark.parametrize("self_managed", [True, False])
def test_records_are_parsed_and_one_that_does_not_fit_stops_its_partition(as_kind: AsKind, self_managed: bool) -> None:
    seen = []
    each: Any = kafka_batch(parse(KafkaEventRecord[Order, str])(as_kind(lambda record, _: seen.append(record))))
    records = [
        events.kafka_record(Order(id="a"), key="k", headers={"h": b"\xff"}),
        events.kafka_record("no order"),
        events.kafka_record(Order(id="b")),
        events.kafka_record(Order(id="c"), partition=1),
    ]
    event = events.kafka(*records, topic="orders", self_managed=self_managed)
    bad, after, _ = (record["offset"] for record in event["records"]["orders-0"][1:] + event["records"]["orders-1"])
    assert each(event, None) == {"batchItemFailures": [failure(0, bad), failure(0, after)]}
    assert [(record.value.id, record.key, record.headers) for record in seen] == [
        ("a", "k", [("h", b"\xff")]),
        ("c", None, []),
    ]


def test_the_payload_is_the_value(as_kind: AsKind) -> None:
    seen: list[Order] = []
    each: Handler[Any, Any] = kafka_batch(payload(Order)(as_kind(lambda order, _: seen.append(order))))
    assert each(events.kafka(Order(id="a"), Order(id="b")), None) == {"batchItemFailures": []}
    assert [order.id for order in seen] == ["a", "b"]


def test_log_fields_tell_the_record(as_kind: AsKind) -> None:
    seen = []
    kafka_batch(as_kind(lambda record, context: seen.append(current().record_fields)))(kafka((3, 12, "a")), None)
    assert seen == [{"topic": "orders", "partition": 3, "offset": 12}]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "there is no 'records'"),
        ({"records": None}, "'records' is null"),
        ({"records": []}, "expected an event from Kafka"),
        ({"records": {"orders-0": None}}, "expected an event from Kafka"),
        ({"records": {"orders-0": [{"value": "secret"}]}}, "at least one lacks them"),
        (events.sqs("a"), "this is an event of SQS"),
        ("text", "got str"),
    ],
)
def test_an_event_of_others_is_refused(event: Any, problem: str) -> None:
    with pytest.raises(EventError, match=problem) as caught:
        kafka_batch(failing_on())(event, None)
    assert "secret" not in str(caught.value)
