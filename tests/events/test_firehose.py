"""`KinesisFirehoseEvent` and `KinesisFirehoseRecord`."""

from __future__ import annotations

import gzip
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from lambdakit.events import KinesisFirehoseEvent, KinesisFirehoseRecord
from lambdakit.testing import Events
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import sample


def record(data: bytes | str) -> dict[str, Any]:
    """A record; text stands in it as it is."""
    made: dict[str, Any] = sample("firehose")["records"][0]
    return made | {"data": data if isinstance(data, str) else b64encode(data).decode()}


def test_the_sample_parses() -> None:
    event = KinesisFirehoseEvent.model_validate(sample("firehose"))
    assert (event.invocation_id, event.region) == ("invocationIdExample", "us-east-1")
    assert (event.delivery_stream_arn, event.source_kinesis_stream_arn) == ("arn:aws:kinesis:EXAMPLE", None)
    (parsed,) = event.records
    assert parsed.record_id == "49546986683135544286507457936321625675700192471156785154"
    assert parsed.approximate_arrival_timestamp == datetime(2017, 5, 18, 2, 2, 29, 453_000, tzinfo=UTC)
    assert parsed.data == b"Hello, this is a test 123."
    assert parsed.kinesis_record_metadata is None


def test_a_record_from_a_kinesis_data_stream_tells_where_it_was() -> None:
    event = KinesisFirehoseEvent.model_validate(Events().firehose("a", source="readings"))
    assert event.source_kinesis_stream_arn == "arn:aws:kinesis:us-east-1:123456789012:stream/readings"
    metadata = event.records[0].kinesis_record_metadata
    assert metadata is not None
    assert (metadata.shard_id, metadata.partition_key) == ("shardId-000000000000", "partition-key")
    assert metadata.approximate_arrival_timestamp == datetime(2026, 1, 1, tzinfo=UTC)
    assert metadata.sequence_number.isdigit()


def test_the_data_is_decoded_into_the_payload() -> None:
    assert KinesisFirehoseRecord[Order].model_validate(record(AS_JSON.encode())).data == ORDER
    assert KinesisFirehoseRecord[str].model_validate(record("YQ==")).data == "a"
    event = sample("firehose") | {"records": [record(AS_JSON.encode())]}
    assert KinesisFirehoseEvent[Order].model_validate(event).records[0].data == ORDER


def test_data_in_gzip_is_undone_unless_bytes_are_wanted() -> None:
    zipped = gzip.compress(AS_JSON.encode())
    assert KinesisFirehoseRecord[Order].model_validate(record(zipped)).data == ORDER
    assert KinesisFirehoseRecord.model_validate(record(zipped)).data == zipped


def test_a_record_can_be_made_of_the_payload() -> None:
    assert KinesisFirehoseRecord[Order].model_validate(record("") | {"data": ORDER}).data is ORDER


@pytest.mark.parametrize("data", ["!", "YQ", b"\x1f\x8b\x08broken", b"\xff\xfe", b"{}"])
def test_data_that_cannot_be_decoded_is_an_error_at_its_place(data: str | bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        KinesisFirehoseRecord[Order].model_validate(record(data))
    assert {error["loc"][0] for error in caught.value.errors()} == {"data"}
