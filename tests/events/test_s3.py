"""`S3Event` and `S3EventNotificationRecord`."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lambdakit.events import S3Event, S3EventNotificationRecord
from tests.events.samples import sample


def with_key(key: str) -> S3EventNotificationRecord:
    record = sample("s3-put")["Records"][0]
    record["s3"]["object"]["key"] = key
    return S3EventNotificationRecord.model_validate(record)


def test_the_sample_of_a_new_object_parses() -> None:
    (record,) = S3Event.model_validate(sample("s3-put")).records
    assert record.event_name == "ObjectCreated:Put"
    assert record.event_time == datetime(1970, 1, 1, tzinfo=UTC)
    assert record.s3.bucket.arn == "arn:aws:s3:::example-bucket"
    assert record.s3.object.key == "test/key"
    assert record.s3.object.size == 1024
    assert record.s3.object.e_tag == "0123456789abcdef0123456789abcdef"
    assert record.request_parameters.source_ip_address == "127.0.0.1"
    assert record.response_elements.x_amz_request_id == "EXAMPLE123456789"


def test_the_sample_of_a_removal_has_no_size() -> None:
    (record,) = S3Event.model_validate(sample("s3-delete")).records
    assert record.event_name == "ObjectRemoved:Delete"
    assert record.s3.object.size is None


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_key_is_what_it_was_before_s3_encoded_it(key: str) -> None:
    assert with_key(quote_plus(key, safe="/")).s3.object.key == key


def test_a_plus_is_a_space() -> None:
    assert with_key("my+photo+%2B1.jpg").s3.object.key == "my photo +1.jpg"


def test_a_key_that_is_no_utf_8_is_an_error_at_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        with_key("%ff")
    assert [error["loc"] for error in caught.value.errors()] == [("s3", "object", "key")]


def test_a_restored_object_tells_until_when() -> None:
    record = sample("s3-put")["Records"][0]
    record["glacierEventData"] = {
        "restoreEventData": {
            "lifecycleRestorationExpiryTime": "2026-01-01T00:00:00.000Z",
            "lifecycleRestoreStorageClass": "GLACIER",
        }
    }
    data = S3EventNotificationRecord.model_validate(record).glacier_event_data
    assert data is not None
    assert data.restore_event_data.lifecycle_restoration_expiry_time == datetime(2026, 1, 1, tzinfo=UTC)
