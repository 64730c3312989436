"""events.firehose: records to transform."""

from __future__ import annotations

from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from lambdakit.testing import Events


@given(st.binary())
def test_bytes_are_the_data_as_it_is(data: bytes) -> None:
    assert b64decode(Events().firehose(data)["records"][0]["data"]) == data


def test_a_record_may_differ_from_the_rest(events: Events) -> None:
    record = events.firehose_record("b", record_id="7", partition_key="k")
    one, other = events.firehose("a", record, source="s")["records"]
    assert one["kinesisRecordMetadata"]["partitionKey"] == "partition-key"
    assert other["recordId"] == "7"
    assert other["kinesisRecordMetadata"]["partitionKey"] == "k"


def test_only_records_from_a_kinesis_data_stream_have_metadata(events: Events) -> None:
    event = events.firehose("a")
    assert "sourceKinesisStreamArn" not in event
    assert event["records"][0].keys() == {"recordId", "approximateArrivalTimestamp", "data"}


def test_no_payloads_make_an_empty_batch(events: Events) -> None:
    assert events.firehose()["records"] == []
