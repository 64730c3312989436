"""What holds for the events of every service: the builders in lambdakit.testing."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

import lambdakit.testing
from lambdakit._payload import business_payload, source_of
from lambdakit.errors import EncodeError, OptionError
from lambdakit.events import (
    APIGatewayProxyEvent,
    APIGatewayProxyEventV2,
    DynamodbEvent,
    EventBridgeEvent,
    KafkaEvent,
    KinesisEvent,
    KinesisFirehoseEvent,
    LambdaFunctionURLEvent,
    S3BatchEvent,
    S3Event,
    ScheduledEvent,
    SNSEvent,
    SNSNotification,
    SQSEvent,
)
from lambdakit.testing import Events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEYS: dict[str, list[str]] = json.loads((Path(__file__).parent / "aws_sample_keys.json").read_text())["events"]

Event = dict[str, Any]


class Order(BaseModel):
    id: str = Field(alias="orderId")
    total: Decimal = Decimal("9.50")


@dataclass
class Line:
    id: str
    order: Order


ORDER = Order(orderId="a")
IN_JSON = {"orderId": "a", "total": "9.50"}

BUILDERS: dict[str, Callable[[Events, Any], Event]] = {
    "sqs": lambda events, payload: events.sqs(payload),
    "sns": lambda events, payload: events.sns(payload),
    "sns in sqs": lambda events, payload: events.sqs(events.sns_notification(payload)),
    "eventbridge": lambda events, payload: events.eventbridge(payload),
    "eventbridge in sqs": lambda events, payload: events.sqs(events.eventbridge(payload)),
    "kinesis": lambda events, payload: events.kinesis(payload),
    "kafka": lambda events, payload: events.kafka(payload),
    "firehose": lambda events, payload: events.firehose(payload),
    "api_gateway": lambda events, payload: events.api_gateway("POST", json=payload),
    "http_api": lambda events, payload: events.http_api("POST", json=payload),
    "function_url": lambda events, payload: events.function_url("POST", json=payload),
}


def _with_an_order(build: Callable[[Events, Any], Event], events: Events) -> Event:
    return build(events, ORDER)


EVERY_EVENT: dict[str, Callable[[Events], Event]] = {
    **{name: partial(_with_an_order, build) for name, build in BUILDERS.items()},
    "sqs fifo": lambda events: events.sqs(ORDER, ORDER, queue="orders.fifo"),
    "s3": lambda events: events.s3("bucket", "key"),
    "s3 removed": lambda events: events.s3("bucket", "key", event_name="ObjectRemoved:Delete"),
    "s3_batch": lambda events: events.s3_batch("key"),
    "kafka, self-managed": lambda events: events.kafka(ORDER, self_managed=True),
    "firehose from kinesis": lambda events: events.firehose(ORDER, source="orders"),
    "scheduled": lambda events: events.scheduled(),
    "dynamodb": lambda events: events.dynamodb(old={"id": 1}, new={"id": 1, "paid": True}),
    "api_gateway": lambda events: events.api_gateway(query={"q": "1"}, stage_variables={"a": "b"}, body=b"\xff"),
    "http_api": lambda events: events.http_api(
        "POST",
        "/orders/{id}",
        path_parameters={"id": "1"},
        query={"q": ["1", "2"]},
        cookies={"session": "s"},
        authorizer={"jwt": {"claims": {}, "scopes": []}},
        stage_variables={"a": "b"},
        json=ORDER,
    ),
}

each_builder = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())
each_event = pytest.mark.parametrize("build", EVERY_EVENT.values(), ids=EVERY_EVENT.keys())


@pytest.mark.parametrize("name", KEYS)
def test_it_has_every_key_of_awss_sample(name: str, events: Events) -> None:
    assert set(KEYS[name]) - set(_paths(EVERY_EVENT[name](events))) == set()


@each_event
def test_it_is_json(build: Callable[[Events], Event], events: Events) -> None:
    event = build(events)
    assert json.loads(json.dumps(event, allow_nan=False)) == event


@each_event
def test_a_seed_gives_the_same_event_again(build: Callable[[Events], Event]) -> None:
    assert build(Events("a")) == build(Events("a"))


@pytest.mark.parametrize("build", [EVERY_EVENT[name] for name in EVERY_EVENT if "kafka" not in name])
def test_no_id_is_given_twice(build: Callable[[Events], Event], events: Events) -> None:
    ids = [value for event in (build(events), build(events), build(Events("b"))) for value in _ids(event)]
    assert ids
    assert len(ids) == len(set(ids))


@each_builder
@pytest.mark.parametrize(
    ("payload", "in_json"),
    [
        (ORDER, IN_JSON),
        (Line("l", ORDER), {"id": "l", "order": IN_JSON}),
        ({"order": ORDER, "at": datetime(2026, 5, 1, tzinfo=UTC)}, {"order": IN_JSON, "at": "2026-05-01T00:00:00Z"}),
    ],
    ids=["model", "dataclass", "dict"],
)
def test_a_payload_arrives_as_pydantic_writes_it(
    build: Callable[[Events, Any], Event], payload: object, in_json: object, events: Events
) -> None:
    assert business_payload(build(events, payload)) == in_json


@each_builder
def test_a_payload_without_a_form_in_json_is_an_error_that_does_not_show_it(
    build: Callable[[Events, Any], Event], events: Events
) -> None:
    class Odd:
        def __repr__(self) -> str:
            return "secret"

    with pytest.raises(EncodeError, match="dict has no form in JSON") as caught:
        build(events, {"odd": Odd()})
    assert "secret" not in str(caught.value)


@each_builder
def test_what_is_no_number_in_json_is_null(build: Callable[[Events, Any], Event], events: Events) -> None:
    assert business_payload(build(events, {"a": float("nan")})) == {"a": None}


def test_the_error_names_the_payload(events: Events) -> None:
    with pytest.raises(EncodeError, match=r"^events\.sqs, message 2: object has no form"):
        events.sqs("fine", object())


@pytest.mark.parametrize("build", [Events.sqs, Events.sns, Events.kinesis, Events.dynamodb])
def test_no_payloads_make_an_empty_batch(build: Callable[..., Event], events: Events) -> None:
    assert build(events) == {"Records": []}


AT = datetime(2026, 7, 1, 14, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=2)))


CARRIED: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "sqs": (SQSEvent[Order], lambda event: event.records[0].body),
    "sns": (SNSEvent[Order], lambda event: event.records[0].sns.message),
    "sns in sqs": (SQSEvent[SNSNotification[Order]], lambda event: event.records[0].body.message),
    "eventbridge": (EventBridgeEvent[Order], lambda event: event.detail),
    "eventbridge in sqs": (SQSEvent[EventBridgeEvent[Order]], lambda event: event.records[0].body.detail),
    "kinesis": (KinesisEvent[Order], lambda event: event.records[0].kinesis.data),
    "kafka": (KafkaEvent[Order], lambda event: event.records["topic-0"][0].value),
    "firehose": (KinesisFirehoseEvent[Order], lambda event: event.records[0].data),
    "api_gateway": (APIGatewayProxyEvent[Order], lambda event: event.body),
    "http_api": (APIGatewayProxyEventV2[Order], lambda event: event.body),
    "function_url": (LambdaFunctionURLEvent[Order], lambda event: event.body),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_the_model_of_the_event_gives_the_payload_back(name: str, events: Events) -> None:
    model, payload_of = CARRIED[name]
    assert payload_of(model.model_validate(BUILDERS[name](events, ORDER))) == ORDER


@pytest.mark.parametrize("name", EVERY_EVENT)
def test_the_source_of_the_event_is_known(name: str, events: Events) -> None:
    assert source_of(EVERY_EVENT[name](events)) is not None


def test_the_models_know_what_the_other_events_hold(events: Events) -> None:
    fifo = SQSEvent.model_validate(events.sqs("a", queue="orders.fifo")).records[0].attributes
    assert (fifo.message_group_id, fifo.message_deduplication_id is None, fifo.sequence_number is None) == (
        "group",
        False,
        False,
    )
    attribute = SQSEvent.model_validate(events.sqs(events.sqs_record("a", attributes={"b": b"q"}))).records[0]
    assert attribute.message_attributes["b"].binary_value == b"q"
    stored = S3Event.model_validate(events.s3("bucket", "red flower.jpg", version_id="v")).records[0].s3
    assert (stored.bucket.name, stored.object.key, stored.object.version_id) == ("bucket", "red flower.jpg", "v")
    assert ScheduledEvent.model_validate(events.scheduled("nightly")).resources[0].endswith("rule/nightly")
    change = DynamodbEvent[Order].model_validate(events.dynamodb(old=ORDER, new=ORDER, keys=["orderId"])).records[0]
    assert (change.dynamodb.old_image, change.dynamodb.new_image) == (ORDER, ORDER)
    task = S3BatchEvent.model_validate(events.s3_batch("red flower.jpg", schema_version="2.0")).tasks[0]
    assert (task.s3_key, task.s3_bucket, task.s3_version_id) == ("red flower.jpg", "bucket", None)
    record = (
        KafkaEvent[Order, Line]
        .model_validate(
            events.kafka(events.kafka_record(ORDER, key=Line("l", ORDER), headers={"h": b"\xff"}), cluster="c")
        )
        .records["topic-0"][0]
    )
    assert (record.key, record.headers) == (Line("l", ORDER), [("h", b"\xff")])
    delivered = KinesisFirehoseEvent.model_validate(events.firehose("a", source="s")).records[0]
    assert delivered.kinesis_record_metadata is not None
    request = APIGatewayProxyEventV2.model_validate(EVERY_EVENT["http_api"](events))
    assert (request.cookies, request.path_parameters) == (["session=s"], {"id": "1"})


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda e: e.sqs("a", at=AT)["Records"][0]["attributes"]["SentTimestamp"], "1782909015250"),
        (lambda e: e.sns("a", at=AT)["Records"][0]["Sns"]["Timestamp"], "2026-07-01T12:30:15.250Z"),
        (lambda e: json.loads(e.sns_notification("a", at=AT))["Timestamp"], "2026-07-01T12:30:15.250Z"),
        (lambda e: e.s3("b", "k", at=AT)["Records"][0]["eventTime"], "2026-07-01T12:30:15.250Z"),
        (lambda e: e.eventbridge({}, at=AT)["time"], "2026-07-01T12:30:15Z"),
        (lambda e: e.scheduled(at=AT)["time"], "2026-07-01T12:30:15Z"),
        (lambda e: e.kinesis("a", at=AT)["Records"][0]["kinesis"]["approximateArrivalTimestamp"], 1782909015.25),
        (lambda e: e.kafka("a", at=AT)["records"]["topic-0"][0]["timestamp"], 1782909015250),
        (lambda e: e.firehose("a", at=AT)["records"][0]["approximateArrivalTimestamp"], 1782909015250),
        (
            lambda e: e.dynamodb({"id": 1}, at=AT)["Records"][0]["dynamodb"]["ApproximateCreationDateTime"],
            1782909015,
        ),
        (lambda e: e.api_gateway(at=AT)["requestContext"]["requestTime"], "01/Jul/2026:12:30:15 +0000"),
        (lambda e: e.api_gateway(at=AT)["requestContext"]["requestTimeEpoch"], 1782909015250),
        (lambda e: e.http_api(at=AT)["requestContext"]["time"], "01/Jul/2026:12:30:15 +0000"),
        (lambda e: e.function_url(at=AT)["requestContext"]["timeEpoch"], 1782909015250),
    ],
)
def test_time_is_written_as_the_service_does(build: Callable[[Events], Any], expected: object, events: Events) -> None:
    assert build(events) == expected


def test_a_time_without_a_zone_is_an_error(events: Events) -> None:
    with pytest.raises(OptionError, match="at: expected a datetime with a time zone"):
        events.sqs("a", at=datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("build", "service", "end"),
    [
        (lambda e, name: e.sqs("a", queue=name)["Records"][0]["eventSourceARN"], "sqs", "{}"),
        (lambda e, name: e.sns("a", topic=name)["Records"][0]["Sns"]["TopicArn"], "sns", "{}"),
        (lambda e, name: e.kinesis("a", stream=name)["Records"][0]["eventSourceARN"], "kinesis", "stream/{}"),
        (lambda e, name: e.firehose("a", stream=name)["deliveryStreamArn"], "firehose", "deliverystream/{}"),
        (lambda e, name: e.firehose("a", source=name)["sourceKinesisStreamArn"], "kinesis", "stream/{}"),
        (
            lambda e, name: e.kafka("a", cluster=name)["eventSourceArn"],
            "kafka",
            "cluster/{}/751d2973-a626-431c-9d4e-d7975eb44dd7-2",
        ),
        (
            lambda e, name: e.dynamodb({"id": 1}, table=name)["Records"][0]["eventSourceARN"],
            "dynamodb",
            "table/{}/stream/2026-01-01T00:00:00.000",
        ),
        (lambda e, name: e.scheduled(name)["resources"][0], "events", "rule/{}"),
    ],
)
def test_a_name_becomes_an_arn_and_an_arn_stays(
    build: Callable[[Events, str], str], service: str, end: str, events: Events
) -> None:
    assert build(events, "orders") == f"arn:aws:{service}:us-east-1:123456789012:{end.format('orders')}"
    arn = f"arn:aws-cn:{service}:cn-north-1:111122223333:{end.format('orders')}"
    assert build(events, arn) == arn
    for bad in ("", "a:b", "arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws"):
        with pytest.raises(OptionError, match=rf"expected a name or an ARN of the service {service}; got '{bad}'"):
            build(events, bad)


@pytest.mark.parametrize(
    "build",
    [
        lambda e, arn: e.sqs("a", queue=arn.format("sqs", "q"))["Records"][0]["awsRegion"],
        lambda e, arn: e.kinesis("a", stream=arn.format("kinesis", "stream/s"))["Records"][0]["awsRegion"],
        lambda e, arn: e.firehose("a", stream=arn.format("firehose", "deliverystream/s"))["region"],
        lambda e, arn: e.dynamodb({"id": 1}, table=arn.format("dynamodb", "table/t/stream/x"))["Records"][0][
            "awsRegion"
        ],
        lambda e, arn: e.scheduled(arn.format("events", "rule/r"))["region"],
        lambda e, arn: e.eventbridge({}, bus=arn.format("events", "event-bus/b"))["region"],
    ],
)
def test_the_region_is_that_of_the_arn(build: Callable[[Events, str], str], events: Events) -> None:
    assert build(events, "arn:aws:{}:eu-west-1:111122223333:{}") == "eu-west-1"


@given(st.text(), st.text())
def test_other_seeds_give_other_ids(one: str, other: str) -> None:
    message_ids = {Events(seed).sqs("a")["Records"][0]["messageId"] for seed in (one, other)}
    assert len(message_ids) == len({one, other})


@given(st.text())
def test_ids_are_random_uuids_by_their_looks(seed: str) -> None:
    assert UUID(Events(seed).sqs("a")["Records"][0]["messageId"]).version == 4


def test_it_can_be_used_without_the_fixture() -> None:
    first, second = (lambdakit.testing.events.sqs(ORDER)["Records"][0] for _ in range(2))
    assert json.loads(first["body"]) == IN_JSON
    assert first["messageId"] != second["messageId"]


def test_a_payload_of_text_needs_no_pydantic() -> None:
    code = """
import sys
from lambdakit.testing import FakeContext, events, run
run(lambda event, context: None, events.sqs("a", b"b"), FakeContext())
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pydantic", "pydantic_core", "structlog", "asyncio"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


_DATA = {
    *("headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters"),
    *("stageVariables", "messageAttributes", "MessageAttributes", "Keys", "NewImage", "OldImage", "authentication"),
    *("authorizer", "detail"),
}


def _paths(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, element in value.items():
            yield path + key
            if key not in _DATA:
                yield from _paths(element, f"{path}{key}.")
    elif isinstance(value, list):
        for element in value:
            yield from _paths(element, path)


_IDS = {
    *("messageId", "receiptHandle", "MessageId", "Signature", "EventSubscriptionArn", "id", "eventID"),
    *("sequenceNumber", "SequenceNumber", "sequencer", "eTag", "x-amz-request-id", "x-amz-id-2"),
    *("requestId", "extendedRequestId", "invocationId", "recordId", "taskId"),
}


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, element in value.items():
            if key in _IDS and isinstance(element, str):
                yield element
            elif key not in _DATA:
                yield from _ids(element)
    elif isinstance(value, list):
        for element in value:
            yield from _ids(element)
