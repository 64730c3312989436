"""`business_payload` and `source_of`."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit import ParseError
from lambdakit._payload import business_payload, carried_payload, source_of
from tests.events.samples import eventbridge, sample, sns_envelope, sqs_message

ORDER = {"id": "o-1", "total": 2}
TEXT = json.dumps(ORDER)


def base64(data: str | bytes) -> str:
    return b64encode(data.encode() if isinstance(data, str) else data).decode()


def kinesis(data: str) -> dict[str, Any]:
    event: dict[str, Any] = sample("kinesis")
    event["Records"][0]["kinesis"]["data"] = data
    return event


def kafka(value: str) -> dict[str, Any]:
    record: dict[str, Any] = sample("kafka")["records"]["mytopic-0"][0]
    return record | {"value": value}


def firehose(data: str) -> dict[str, Any]:
    record: dict[str, Any] = sample("firehose")["records"][0]
    return record | {"data": data}


def sns(message: str) -> dict[str, Any]:
    event: dict[str, Any] = sample("sns")
    event["Records"][0]["Sns"]["Message"] = message
    return event


def one(name: str) -> dict[str, Any]:
    """An event of the first record of a sample alone."""
    return {"Records": sample(name)["Records"][:1]}


CARRIERS: dict[str, dict[str, Any]] = {
    "SQS": {"Records": [sqs_message(TEXT)]},
    "a message of SQS": sqs_message(TEXT),
    "SNS": sns(TEXT),
    "an SNS envelope": json.loads(sns_envelope(TEXT)),
    "SNS on a queue": {"Records": [sqs_message(sns_envelope(TEXT))]},
    "EventBridge": eventbridge(ORDER),
    "EventBridge Scheduler": eventbridge(TEXT),
    "EventBridge on a queue": sqs_message(eventbridge(ORDER)),
    "EventBridge through SNS on a queue": sqs_message(sns_envelope(eventbridge(ORDER))),
    "Kinesis": kinesis(base64(TEXT)),
    "Kinesis, in gzip": kinesis(base64(gzip.compress(TEXT.encode()))),
    "Kafka": sample("kafka") | {"records": {"orders-0": [kafka(base64(TEXT))]}},
    "a record of Kafka": kafka(base64(TEXT)),
    "Firehose": {"records": [firehose(base64(TEXT))]},
    "CloudWatch Logs through Firehose": firehose(base64(gzip.compress(TEXT.encode()))),
    "CloudWatch Logs": {"awslogs": {"data": base64(gzip.compress(TEXT.encode()))}},
    "REST API": sample("api-gateway-rest") | {"body": base64(TEXT)},
    "HTTP API": sample("api-gateway-http") | {"isBase64Encoded": False, "body": TEXT},
    "function URL": sample("function-url") | {"body": TEXT},
    "no known source": ORDER,
}


@pytest.mark.parametrize("event", CARRIERS.values(), ids=CARRIERS)
def test_the_payload_is_found_wherever_a_source_carries_it(event: dict[str, Any]) -> None:
    assert business_payload(event) == ORDER


def test_of_a_dynamodb_change_it_is_the_new_image_else_the_old_one_else_the_keys() -> None:
    new, changed, removed = sample("dynamodb")["Records"]
    assert business_payload(new) == {"Id": Decimal(101), "Message": "New item!"}
    assert business_payload(changed) == {"Id": Decimal(101), "Message": "This item has changed"}
    assert business_payload(removed) == {"Id": Decimal(101), "Message": "This item has changed"}
    del new["dynamodb"]["NewImage"]
    assert business_payload(new) == {"Id": Decimal(101)}


@pytest.mark.parametrize("wrap", [lambda event: event, sqs_message, lambda event: sqs_message(sns_envelope(event))])
def test_of_s3_it_is_the_record_through_queues_and_topics(wrap: Any) -> None:
    event = sample("s3-put")
    assert business_payload(wrap(event)) == event["Records"][0]


def test_of_s3_batch_operations_it_is_the_task() -> None:
    event = sample("s3-batch")
    assert business_payload(event) == business_payload(event["tasks"][0]) == event["tasks"][0]


@pytest.mark.parametrize(
    "tombstone", [kafka("") | {"value": None}, {k: v for k, v in kafka("").items() if k != "value"}]
)
def test_a_tombstone_of_kafka_has_no_payload(tombstone: dict[str, Any]) -> None:
    assert business_payload(tombstone) is None


@pytest.mark.parametrize(
    ("event", "where"),
    [
        ({"records": {"secret-0": [kafka("")], "secret-1": [kafka("")]}}, "records.<key>"),
        ({"records": [firehose(""), firehose("")]}, "records"),
        ({"tasks": sample("s3-batch")["tasks"] * 2}, "tasks"),
    ],
)
def test_several_records_are_an_error_where_they_stand(event: dict[str, Any], where: str) -> None:
    with pytest.raises(ParseError, match="one record; for several") as caught:
        business_payload(event)
    assert [place for place, _ in caught.value.problems] == [where]


@pytest.mark.parametrize(
    ("event", "where"),
    [
        ({"records": {"secret-0": [kafka("!")]}}, "records.<key>.0.value"),
        ({"records": [firehose("!")]}, "records.0.data"),
        (firehose("!"), "data"),
    ],
)
def test_data_that_is_no_base64_is_an_error_at_its_place(event: dict[str, Any], where: str) -> None:
    with pytest.raises(ParseError, match="valid base64") as caught:
        business_payload(event)
    assert [place for place, _ in caught.value.problems] == [where]


@pytest.mark.parametrize(
    "event",
    [
        {"records": [sqs_message("a")]},
        {"tasks": [firehose("a")]},
        {"Records": [kafka("a")]},
        {"records": {"orders-0": []}},
        {"records": {"orders-0": None}},
        {"tasks": [{"taskId": "1"}]},
    ],
)
def test_what_only_resembles_an_event_of_records_is_its_own_payload(event: dict[str, Any]) -> None:
    assert source_of(event) is None
    assert business_payload(event) == event


def test_the_sample_of_cloudwatch_logs_is_undone() -> None:
    payload = business_payload(sample("cloudwatch-logs"))
    assert isinstance(payload, dict)
    assert payload["messageType"] == "DATA_MESSAGE"
    assert payload["logEvents"][0]["message"] == "[ERROR] First test message"


@pytest.mark.parametrize("text", ["hello", "12", "true", '"quoted"', "", "{broken", "[" * 100_000, "  "])
def test_text_that_is_no_json_object_or_array_stays_text(text: str) -> None:
    assert business_payload(sqs_message(text)) == text


def test_data_that_is_no_json_stays_bytes() -> None:
    assert business_payload(kinesis(base64(b"\xff\x00"))) == b"\xff\x00"
    assert business_payload(kinesis(base64(b"{\xff"))) == b"{\xff"


def test_json_can_be_left_to_those_who_decode_it_themselves() -> None:
    assert carried_payload(sqs_message(TEXT)) == TEXT
    assert carried_payload(kinesis(base64(TEXT))) == TEXT.encode()


def test_a_request_without_a_body_has_no_payload() -> None:
    assert business_payload(sample("function-url") | {"body": None}) is None


def test_a_body_that_only_resembles_an_envelope_is_the_payload() -> None:
    bodies: list[dict[str, Any]] = [
        {"Records": [{"eventSource": "aws:sqs", "body": "a"}]},
        {"Records": []},
        {"Type": "Notification", "Topic": '"TopicArn"'},
        {"httpMethod": "GET", "requestContext": {}, "Records": None},
    ]
    for body in bodies:
        assert business_payload(sqs_message(body)) == body


@pytest.mark.parametrize("event", [None, 1, "text", [], {}, {"Records": []}, {"Records": None}, {"Records": [1]}])
def test_an_event_of_no_known_source_is_its_own_payload(event: object) -> None:
    assert business_payload(event) == event
    assert source_of(event) is None


def test_several_records_are_an_error_that_says_what_to_do() -> None:
    message = sqs_message(TEXT)
    with pytest.raises(ParseError, match=r"Records should be one record.* batch decorator such as sqs_batch") as caught:
        business_payload({"Records": [message, message]})
    assert [where for where, _ in caught.value.problems] == ["Records"]


def test_several_records_in_a_message_are_an_error_that_says_where() -> None:
    records = sample("s3-put")["Records"] * 2
    with pytest.raises(ParseError) as caught:
        business_payload({"Records": [sqs_message(sns_envelope({"Records": records}))]})
    assert [where for where, _ in caught.value.problems] == ["Records.0.body.Message.Records"]


SECRET = "c2VjcmV0!"
BROKEN: dict[str, tuple[Any, str, str]] = {
    "base64": (kinesis(SECRET), "Records.0.kinesis.data", "should be valid base64"),
    "gzip": (kinesis(base64(b"\x1f\x8b" + SECRET.encode())), "Records.0.kinesis.data", "should be valid gzip"),
    "gzip cut off": (
        {"awslogs": {"data": base64(gzip.compress(b"a" * 99)[:-9])}},
        "awslogs.data",
        "should be valid gzip",
    ),
    "no body": (sqs_message("") | {"body": None}, "body", "should be text"),
    "no text": ({"Records": [sqs_message("") | {"body": {"a": SECRET}}]}, "Records.0.body", "should be text"),
    "no message": ({"Records": [{"Sns": None}]}, "Records.0.Sns.Message", "should be text"),
    "HTTP": (sample("api-gateway-rest") | {"body": SECRET}, "body", "should be valid base64"),
    "no image": ({"eventSource": "aws:dynamodb"}, "dynamodb", "should be NewImage, OldImage or Keys"),
    "image": (
        {"eventSource": "aws:dynamodb", "dynamodb": {"NewImage": {"a": SECRET}}},
        "dynamodb.NewImage",
        'should be a typed attribute value, such as {"S": "text"}',
    ),
    "not ASCII": (kinesis("grün"), "Records.0.kinesis.data", "should be valid base64"),
}


@pytest.mark.parametrize(("event", "where", "fault"), BROKEN.values(), ids=BROKEN)
def test_a_payload_that_cannot_be_read_is_an_error_that_says_where(event: object, where: str, fault: str) -> None:
    with pytest.raises(ParseError) as caught:
        business_payload(event)
    assert caught.value.problems == ((where, fault),)
    assert str(caught.value) == f"the payload of the event cannot be read: {where} {fault}"
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("api-gateway-http", "API Gateway HTTP API"),
        ("api-gateway-rest", "API Gateway REST API"),
        ("cloudwatch-logs", "CloudWatch Logs"),
        ("dynamodb", "DynamoDB"),
        ("function-url", "Lambda function URL"),
        ("kinesis", "Kinesis"),
        ("s3-put", "S3"),
        ("scheduled", "EventBridge"),
        ("sns", "SNS"),
        ("sqs", "SQS"),
    ],
)
def test_the_source_is_told_of_an_event_and_of_its_record(name: str, source: str) -> None:
    event = sample(name)
    assert source_of(event) == source
    assert source_of(event.get("Records", [event])[0]) == source


def test_an_application_load_balancer_is_no_rest_api() -> None:
    event = {"httpMethod": "GET", "requestContext": {"elb": {}}}
    assert source_of(event) is None


KEYS = (
    "Message NewImage Records Sns TopicArn Type awslogs body data detail detail-type domainName dynamodb eventSource"
    " http httpMethod isBase64Encoded kinesis requestContext x"
)
keys = st.sampled_from(KEYS.split())
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["aws:sqs", "Notification"])
)
anything = st.recursive(
    leaves | st.sampled_from(list(CARRIERS.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5) | inner.map(json.dumps),
    max_leaves=20,
)


@settings(deadline=None)
@given(anything)
def test_any_event_has_a_payload_or_is_a_parse_error(event: object) -> None:
    source_of(event)
    with suppress(ParseError):
        business_payload(event)
