"""`SNSEvent`, `SNSRecord` and `SNSNotification`."""

from __future__ import annotations

from datetime import UTC, datetime

from lambdakit.events import SNSEvent, SNSRecord
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import sample


def test_the_sample_parses() -> None:
    (record,) = SNSEvent.model_validate(sample("sns")).records
    assert record.sns.message == "example message"
    assert record.sns.subject == "example subject"
    assert record.sns.topic_arn == "arn:aws:sns:us-east-1:123456789012:ExampleTopic"
    assert record.sns.timestamp == datetime(1970, 1, 1, tzinfo=UTC)
    assert record.sns.message_attributes["Test"].value == "TestString"
    assert record.sns.signing_cert_url == "EXAMPLE"


def test_the_message_is_decoded_into_the_payload() -> None:
    record = sample("sns")["Records"][0]
    record["Sns"]["Message"] = AS_JSON
    assert SNSRecord[Order].model_validate(record).sns.message == ORDER
    assert SNSEvent[Order].model_validate({"Records": [record]}).records[0].sns.message == ORDER


def test_null_stands_for_no_subject_and_no_attributes() -> None:
    record = sample("sns")["Records"][0]
    record["Sns"] |= {"Subject": None, "MessageAttributes": None}
    parsed = SNSRecord.model_validate(record)
    assert parsed.sns.subject is None
    assert parsed.sns.message_attributes == {}
