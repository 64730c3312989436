"""`SQSEvent` and `SQSMessage`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from lambdakit.events import EventBridgeEvent, S3Event, SNSNotification, SQSEvent, SQSMessage
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import eventbridge, sample, sns_envelope, sqs_message


def test_the_sample_parses() -> None:
    (message,) = SQSEvent.model_validate(sample("sqs")).records
    assert message.body == "Hello from SQS!"
    assert message.message_id == "19dd0b57-b21e-4ac1-bd88-01bbb068cb78"
    assert message.event_source_arn == "arn:aws:sqs:us-east-1:123456789012:MyQueue"
    assert message.attributes.approximate_receive_count == 1
    assert message.attributes.sent_timestamp == datetime(2018, 4, 9, tzinfo=UTC)
    assert message.attributes.approximate_first_receive_timestamp == datetime(2018, 4, 9, 0, 0, 0, 1000, tzinfo=UTC)


def test_the_body_is_decoded_into_the_payload() -> None:
    assert SQSMessage[Order].model_validate(sqs_message(AS_JSON)).body == ORDER


def test_a_number_that_is_sent_as_text_keeps_every_digit() -> None:
    body = '{"id": "o-1", "total": "0.12345678901234567890123456789"}'
    total = SQSMessage[Order].model_validate(sqs_message(body)).body.total
    assert str(total) == "0.12345678901234567890123456789"


def test_a_batch_is_generic_in_the_body() -> None:
    event = {"Records": [sqs_message(AS_JSON), sqs_message(AS_JSON)]}
    assert [message.body for message in SQSEvent[Order].model_validate(event).records] == [ORDER, ORDER]


def test_a_batch_of_none_is_a_batch() -> None:
    assert SQSEvent.model_validate({"Records": []}).records == []


def test_a_body_may_hold_an_sns_envelope() -> None:
    message = SQSMessage[SNSNotification[Order]].model_validate(sqs_message(sns_envelope(AS_JSON)))
    assert message.body.message == ORDER
    assert message.body.signing_cert_url == message.body.unsubscribe_url == "EXAMPLE"


def test_a_body_may_hold_an_s3_notification() -> None:
    message = SQSMessage[S3Event].model_validate(sqs_message(sample("s3-put")))
    assert message.body.records[0].s3.bucket.name == "example-bucket"


def test_a_body_may_hold_an_eventbridge_event() -> None:
    body = eventbridge({"id": "o-1", "total": "1.10"})
    assert SQSMessage[EventBridgeEvent[Order]].model_validate(sqs_message(body)).body.detail == ORDER


def test_a_body_may_hold_an_s3_notification_in_an_sns_envelope() -> None:
    body = sns_envelope(sample("s3-put"))
    message = SQSMessage[SNSNotification[S3Event]].model_validate(sqs_message(body))
    assert message.body.message.records[0].s3.object.size == 1024


def test_bytes_are_the_text_in_utf_8() -> None:
    assert SQSMessage[bytes].model_validate(sqs_message("grün")).body == "grün".encode()


def test_text_is_never_decoded_even_if_it_is_json() -> None:
    assert SQSMessage[str].model_validate(sqs_message(AS_JSON)).body == AS_JSON
    assert SQSMessage[str | None].model_validate(sqs_message("null")).body == "null"


def test_binary_attributes_come_out_of_base64() -> None:
    attribute = {"dataType": "Binary", "binaryValue": "/+8=", "stringListValues": [], "binaryListValues": []}
    message = SQSMessage.model_validate(sqs_message("") | {"messageAttributes": {"digest": attribute}})
    assert message.message_attributes["digest"].binary_value == b"\xff\xef"


def test_of_a_fifo_queue_group_and_sequence_number_are_there() -> None:
    message = sqs_message("")
    message["attributes"] |= {"MessageGroupId": "g", "SequenceNumber": "18850406", "AWSTraceHeader": "Root=1"}
    attributes = SQSMessage.model_validate(message).attributes
    assert attributes.message_group_id == "g"
    assert attributes.sequence_number == "18850406"
    assert attributes.aws_trace_header == "Root=1"


def test_fields_that_aws_may_add_are_ignored() -> None:
    message = SQSMessage.model_validate(sqs_message("") | {"newField": {"a": 1}})
    assert not hasattr(message, "newField")


def test_a_message_cannot_be_changed() -> None:
    message = SQSMessage.model_validate(sqs_message("a"))
    with pytest.raises(ValidationError, match="frozen"):
        message.body = "b"  # type: ignore[misc]
    assert message.model_copy(update={"body": "b"}).body == "b"


def test_a_message_can_be_made_of_the_payload_by_the_names_of_attributes() -> None:
    attributes = SQSMessage.model_validate(sqs_message("")).attributes
    message = SQSMessage[Order](
        message_id="1",
        receipt_handle="r",
        body=ORDER,
        attributes=attributes,
        md5_of_body="",
        event_source_arn="arn",
        aws_region="eu-west-1",
    )
    assert message.body is ORDER


def test_a_message_can_be_made_of_plain_data() -> None:
    made = SQSMessage[list[int]].model_validate(sqs_message("") | {"body": [1, 2]})
    assert made.body == [1, 2]


def test_a_message_writes_itself_by_the_names_of_aws() -> None:
    written = SQSMessage[Order].model_validate(sqs_message(AS_JSON)).model_dump(by_alias=True, mode="json")
    assert written["messageId"] == "19dd0b57-b21e-4ac1-bd88-01bbb068cb78"
    assert written["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:MyQueue"
    assert written["body"] == {"id": "o-1", "total": "1.1"}
