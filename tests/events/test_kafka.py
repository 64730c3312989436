"""`KafkaEvent` and `KafkaEventRecord`."""

from __future__ import annotations

import gzip
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lambdakit.events import KafkaEvent, KafkaEventRecord
from lambdakit.testing import Events
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import sample


def record(**fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = sample("kafka")["records"]["mytopic-0"][0]
    return made | fields


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def places(error: ValidationError) -> list[tuple[int | str, ...]]:
    return [problem["loc"] for problem in error.errors()]


def test_the_sample_parses() -> None:
    event = KafkaEvent.model_validate(sample("kafka"))
    assert event.event_source == "aws:kafka"
    assert event.event_source_arn == sample("kafka")["eventSourceArn"]
    assert event.bootstrap_servers == sample("kafka")["bootstrapServers"].split(",")
    ((partition, (parsed,)),) = event.records.items()
    assert (partition, parsed.topic, parsed.partition, parsed.offset) == ("mytopic-0", "mytopic", 0, 15)
    assert parsed.timestamp == datetime(2018, 12, 17, 22, 10, 50, 987_000, tzinfo=UTC)
    assert parsed.value == b"Hello, this is a test."
    assert parsed.headers == [("headerKey", b"headerValue")]


@pytest.mark.parametrize("source", ["SelfManagedKafka", "aws:SelfManagedKafka"])
def test_a_cluster_of_ones_own_has_no_arn(source: str) -> None:
    event = sample("kafka") | {"eventSource": source}
    del event["eventSourceArn"]
    assert KafkaEvent.model_validate(event).event_source_arn is None


def test_value_and_key_are_decoded_into_what_they_are_to_be() -> None:
    given = record(value=base64(AS_JSON.encode()), key=base64(b"k"))
    assert KafkaEventRecord[Order].model_validate(given).value == ORDER
    assert KafkaEventRecord[Order].model_validate(given).key == b"k"
    assert KafkaEventRecord[str, str].model_validate(given).value == AS_JSON
    assert KafkaEventRecord[str, str].model_validate(given).key == "k"
    assert KafkaEventRecord[bytes, Order].model_validate(record(key=base64(AS_JSON.encode()))).key == ORDER
    event = sample("kafka") | {"records": {"orders-0": [given]}}
    assert KafkaEvent[Order].model_validate(event).records["orders-0"][0].value == ORDER


def test_a_value_in_gzip_is_undone_unless_bytes_are_wanted() -> None:
    zipped = gzip.compress(AS_JSON.encode())
    assert KafkaEventRecord[Order].model_validate(record(value=base64(zipped))).value == ORDER
    assert KafkaEventRecord.model_validate(record(value=base64(zipped))).value == zipped


@pytest.mark.parametrize("missing", [True, False])
def test_a_tombstone_is_for_those_who_ask_for_it(missing: bool) -> None:
    tombstone = record(value=None)
    if missing:
        del tombstone["value"]
    assert KafkaEventRecord[Order | None].model_validate(tombstone).value is None
    assert KafkaEventRecord[bytes | None].model_validate(tombstone).value is None
    for model in (KafkaEventRecord, KafkaEventRecord[str], KafkaEventRecord[Order]):
        with pytest.raises(ValidationError) as caught:
            model.model_validate(tombstone)
        assert places(caught.value) == [("value",)]


def test_a_record_may_have_no_key() -> None:
    without = record()
    del without["key"]
    assert KafkaEventRecord.model_validate(without).key is None
    assert KafkaEventRecord[bytes, Order].model_validate(record(key=None)).key is None


@given(st.lists(st.tuples(st.text(), st.binary())))
def test_headers_are_pairs_in_their_order_out_of_javas_signed_bytes(headers: list[tuple[str, bytes]]) -> None:
    signed = [{name: [byte - 256 if byte > 127 else byte for byte in value]} for name, value in headers]
    assert KafkaEventRecord.model_validate(record(headers=signed)).headers == headers


def test_a_header_without_a_value_is_empty() -> None:
    assert KafkaEventRecord.model_validate(record(headers=[{"h": None}])).headers == [("h", b"")]


@pytest.mark.parametrize("header", [{"h": [300]}, {"h": [None]}, {"h": 1}, {"a": [1], "b": [2]}, {}, "h"])
def test_headers_of_another_form_are_an_error_at_their_place(header: object) -> None:
    with pytest.raises(ValidationError) as caught:
        KafkaEventRecord.model_validate(record(headers=[{"fine": [1]}, header]))
    assert {place[:2] for place in places(caught.value)} == {("headers", 1)}


def test_the_schemas_of_a_registry_are_told() -> None:
    metadata = {"dataFormat": "AVRO", "schemaId": "7"}
    parsed = KafkaEventRecord.model_validate(record(valueSchemaMetadata=metadata))
    assert parsed.key_schema_metadata is None
    assert parsed.value_schema_metadata is not None
    assert (parsed.value_schema_metadata.data_format, parsed.value_schema_metadata.schema_id) == ("AVRO", "7")


def test_a_record_can_be_made_of_the_payload() -> None:
    made = KafkaEventRecord[Order](
        topic="orders",
        partition=0,
        offset=0,
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        timestamp_type="CREATE_TIME",
        value=ORDER,
        headers=[("h", b"\xff")],
    )
    assert (made.value, made.headers) == (ORDER, [("h", b"\xff")])


def test_what_was_written_by_alias_parses_again() -> None:
    event = KafkaEvent.model_validate(Events().kafka("a"))
    assert KafkaEvent.model_validate(event.model_dump(by_alias=True)) == event


@pytest.mark.parametrize("field", ["key", "value"])
def test_what_is_no_base64_is_an_error_at_its_place(field: str) -> None:
    for model in (KafkaEventRecord, KafkaEventRecord[Order, Order], KafkaEventRecord[str, str]):
        with pytest.raises(ValidationError) as caught:
            model.model_validate(record(value=base64(AS_JSON.encode()), key=base64(AS_JSON.encode())) | {field: "!"})
        assert places(caught.value) == [(field,)]
