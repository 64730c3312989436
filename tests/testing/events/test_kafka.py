"""Events of Apache Kafka, as Lambda sends them."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from typing import Any

import pytest

from lambdakit.errors import OptionError
from lambdakit.testing._events.kafka import Kafka


def only(event: dict[str, Any]) -> dict[str, Any]:
    ((record,),) = event["records"].values()
    assert isinstance(record, dict)
    return record


def test_an_event_of_msk_has_the_fields_of_awss_example() -> None:
    # "Using Lambda with Amazon MSK", "Example event".
    builder = Kafka()
    event = builder.kafka(builder.kafka_record("v", key="k", headers={"kind": b"refund"}), topic="orders")
    assert event.keys() == {"eventSource", "eventSourceArn", "bootstrapServers", "records"}
    assert event["eventSource"] == "aws:kafka"
    assert event["eventSourceArn"].startswith("arn:aws:kafka:us-east-1:123456789012:cluster/cluster/")
    assert event["records"] == {
        "orders-0": [
            {
                "topic": "orders",
                "partition": 0,
                "offset": 0,
                "timestamp": 1767225600000,
                "timestampType": "CREATE_TIME",
                "key": "aw==",
                "value": "dg==",
                "headers": [{"kind": [114, 101, 102, 117, 110, 100]}],
            }
        ]
    }


def test_an_event_of_a_cluster_of_ones_own_has_no_arn() -> None:
    event = Kafka().kafka("v", self_managed=True)
    assert event.keys() == {"eventSource", "bootstrapServers", "records"}
    assert event["eventSource"] == "SelfManagedKafka"


def test_records_are_grouped_by_partition_and_offsets_rise_from_one_event_to_the_next() -> None:
    builder = Kafka()
    for offset in (0, 1):
        event = builder.kafka(
            *(builder.kafka_record(payload, partition=partition) for payload, partition in [("a", 1), ("b", 0)]),
            builder.kafka_record("c", topic="other"),
        )
        assert list(event["records"]) == ["topic-1", "topic-0", "other-0"]
        assert {record["offset"] for (record,) in event["records"].values()} == {offset}
    assert only(builder.kafka(builder.kafka_record("d", offset=70)))["offset"] == 70
    assert only(builder.kafka("e"))["offset"] == 71


def test_values_and_keys_are_base64_and_headers_signed_bytes() -> None:
    builder = Kafka()
    record = only(builder.kafka(builder.kafka_record({"id": 1}, key=b"\xff", headers={"h": b"\x7f\x80\xff"})))
    assert b64decode(record["value"]) == b'{"id":1}'
    assert b64decode(record["key"]) == b"\xff"
    assert record["headers"] == [{"h": [127, -128, -1]}]
    assert "key" not in only(Kafka().kafka("no key"))


@pytest.mark.parametrize(
    "options", [{"partition": -1}, {"offset": -1}, {"topic": ""}], ids=["partition", "offset", "topic"]
)
def test_a_place_that_cannot_be_is_an_error(options: Any) -> None:
    builder = Kafka()
    with pytest.raises(OptionError, match=r"^events\.kafka, record 1: expected a topic"):
        builder.kafka(builder.kafka_record("v", **options))


def test_a_time_without_a_zone_or_another_services_arn_is_an_error() -> None:
    with pytest.raises(OptionError, match="time zone"):
        Kafka().kafka("v", at=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(OptionError, match="cluster: expected a name or an ARN"):
        Kafka().kafka("v", cluster="arn:aws:sqs:us-east-1:123456789012:orders")
