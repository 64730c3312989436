"""`KinesisEvent` and `KinesisEventRecord`."""

from __future__ import annotations

import gzip
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from lambdakit.events import KinesisEvent, KinesisEventRecord
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import sample


def record(data: bytes | str) -> dict[str, Any]:
    """A record of a stream; text stands in it as it is."""
    made: dict[str, Any] = sample("kinesis")["Records"][0]
    made["kinesis"]["data"] = data if isinstance(data, str) else b64encode(data).decode()
    return made


def test_the_sample_parses() -> None:
    (parsed,) = KinesisEvent.model_validate(sample("kinesis")).records
    assert parsed.kinesis.data == b"Hello, this is a test 123."
    assert parsed.kinesis.approximate_arrival_timestamp == datetime(2015, 4, 9, tzinfo=UTC)
    assert parsed.event_id == "shardId-000000000000:49545115243490985018280067714973144582180062593244200961"
    assert parsed.kinesis.sequence_number == "49545115243490985018280067714973144582180062593244200961"


def test_the_data_is_decoded_into_the_payload() -> None:
    assert KinesisEventRecord[Order].model_validate(record(AS_JSON.encode())).kinesis.data == ORDER
    assert KinesisEvent[str].model_validate({"Records": [record(b"a")]}).records[0].kinesis.data == "a"


def test_data_in_gzip_is_undone_unless_bytes_are_wanted() -> None:
    zipped = gzip.compress(AS_JSON.encode())
    assert KinesisEventRecord[Order].model_validate(record(zipped)).kinesis.data == ORDER
    assert KinesisEventRecord[str].model_validate(record(zipped)).kinesis.data == AS_JSON
    assert KinesisEventRecord[bytes].model_validate(record(zipped)).kinesis.data == zipped


def test_a_record_can_be_made_of_the_payload() -> None:
    made = record("")
    made["kinesis"]["data"] = ORDER
    assert KinesisEventRecord[Order].model_validate(made).kinesis.data is ORDER


@pytest.mark.parametrize("data", ["!", "YQ", "YQ==YQ==", "Y Q==", "grün", b"\x1f\x8b\x08broken", b"\xff\xfe"])
def test_data_that_cannot_be_decoded_is_an_error_at_its_place(data: str | bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        KinesisEventRecord[Order].model_validate(record(data))
    assert [error["loc"] for error in caught.value.errors()] == [("kinesis", "data")]
