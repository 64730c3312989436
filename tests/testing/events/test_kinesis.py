"""events.kinesis: the records of a shard."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.testing import Events


@given(st.binary())
def test_bytes_are_the_data_as_it_is(data: bytes) -> None:
    assert b64decode(Events().kinesis(data)["Records"][0]["kinesis"]["data"]) == data


@pytest.mark.parametrize(("payload", "data"), [("text", b"text"), ({"a": 1}, b'{"a":1}')])
def test_what_is_not_bytes_becomes_text(payload: object, data: bytes, events: Events) -> None:
    assert b64decode(events.kinesis(payload)["Records"][0]["kinesis"]["data"]) == data


def test_sequence_numbers_rise_as_numbers_from_event_to_event(events: Events) -> None:
    records = events.kinesis(*range(12))["Records"] + events.kinesis(*range(3))["Records"]
    numbers = [record["kinesis"]["sequenceNumber"] for record in records]
    assert [int(number) for number in numbers] == sorted({int(number) for number in numbers})
    assert {len(number) for number in numbers} == {56}


def test_a_record_may_differ_from_the_rest(events: Events) -> None:
    one, other = events.kinesis(1, events.kinesis_record(2, partition_key="k", sequence_number="7"), shard=3)["Records"]
    assert one["kinesis"]["partitionKey"] == "partition-key"
    assert one["eventID"] == f"shardId-000000000003:{one['kinesis']['sequenceNumber']}"
    assert other["kinesis"]["partitionKey"] == "k"
    assert other["eventID"] == "shardId-000000000003:7"
