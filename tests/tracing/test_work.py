"""What an event says of its span: by OpenTelemetry's conventions, and whatever the event holds."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import opentelemetry.semconv._incubating.attributes as incubating
import opentelemetry.semconv.attributes as stable
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit._invocation import Invocation
from lambdakit.testing import FakeContext
from lambdakit.tracing._work import Work, work_of, work_of_record

if TYPE_CHECKING:
    from lambdakit.testing import Events


def told(event: object, context: Any = None) -> Work:
    return work_of(event, Invocation(context or FakeContext(function_name="orders"), True, True), "handler")


def own(work: Work) -> dict[str, object]:
    """The attributes that tell of the event, and not of the invocation."""
    return {
        name: value
        for name, value in work.attributes.items()
        if not name.startswith(("cloud.", "aws.", "faas.invocation", "faas.coldstart"))
    }


def test_an_invocation_is_told_by_its_context() -> None:
    context = FakeContext(aws_request_id="r-1", function_name="orders", function_version="7")
    work = told({}, context)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:orders"
    assert (work.name, work.kind) == ("orders", "server")
    assert work.attributes == {
        "faas.coldstart": True,
        "faas.invocation_id": "r-1",
        "cloud.resource_id": arn,
        "cloud.account.id": "123456789012",
        "aws.lambda.invoked_arn": f"{arn}:7",
    }


def test_without_a_context_it_has_the_name_of_the_function() -> None:
    work = work_of([], Invocation(None, False, True), "handler")
    assert (work.name, work.attributes) == ("handler", {"faas.coldstart": False})


def test_messages_are_told_by_the_messaging_conventions(events: Events) -> None:
    event = events.sqs("a", "b", queue="orders.fifo")
    messaging = {
        "faas.trigger": "pubsub",
        "messaging.system": "aws_sqs",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "orders.fifo",
    }
    batch, record = told(event), work_of_record(event["Records"][0])
    assert (batch.name, batch.kind, record.name, record.kind) == ("process orders.fifo", "consumer") * 2
    assert own(batch) == messaging | {"messaging.batch.message_count": 2}
    assert record.attributes == messaging | {"messaging.message.id": event["Records"][0]["messageId"]}


def test_every_source_has_its_name(events: Events) -> None:
    sources = {
        "process orders": events.sns("a", topic="orders"),
        "process clicks": events.kinesis("a", stream="clicks"),
        "process accounts": events.dynamodb(new={"id": 1}, keys=["id"], table="accounts"),
        "process uploads": events.s3("uploads", "in/flower.jpg"),
    }
    for name, event in sources.items():
        assert told(event).name == name
        assert told(event).kind == "consumer"
    assert own(told(sources["process accounts"])) == {
        "faas.trigger": "datasource",
        "faas.document.collection": "accounts",
        "faas.document.operation": "insert",
    }
    assert own(told(sources["process uploads"]))["faas.document.operation"] == "insert"
    assert own(told(sources["process orders"]))["messaging.system"] == "aws.sns"
    assert own(told(events.eventbridge({"a": 1}, source="shop", detail_type="Order placed"))) == {
        "faas.trigger": "pubsub"
    }
    assert own(told(events.scheduled("nightly"))) == {"faas.trigger": "timer"}


def test_nothing_personal_of_a_request_is_told(events: Events) -> None:
    event = events.api_gateway("GET", "/orders", query={"name": "Jane"}, headers={"Authorization": "secret"})
    told_of = repr(told(event).attributes)
    assert "Jane" not in told_of
    assert "secret" not in told_of


def test_headers_are_found_in_any_case_and_form(events: Events) -> None:
    rest = events.api_gateway("GET", "/", headers={"TraceParent": "00-a"})
    assert told(rest).headers["traceparent"] == "00-a"
    del rest["headers"]
    assert told(rest).headers["traceparent"] == "00-a"


NAMES = [
    "Records",
    "records",
    "tasks",
    "requestContext",
    "http",
    "headers",
    "multiValueHeaders",
    "method",
    "path",
    "routeKey",
    "resource",
    "eventSource",
    "EventSource",
    "eventSourceARN",
    "eventName",
    "Sns",
    "s3",
    "bucket",
    "topic",
    "offset",
    "partition",
    "messageAttributes",
    "MessageAttributes",
    "attributes",
    "AWSTraceHeader",
    "messageId",
    "detail-type",
]
VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["aws:sqs", "aws:s3", "aws:dynamodb", "", "x:y"])
ANYTHING = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=6) | ANYTHING)
def test_no_event_makes_it_fail(event: object) -> None:
    assert told(event).name
    assert work_of_record(event).name


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=6))
def test_carriers_hold_text_only(record: dict[str, object]) -> None:
    for carrier in told({"Records": [record]}).links:
        assert all(type(value) is str for value in carrier.values())


def test_the_names_are_of_the_conventions_that_are_named(events: Events) -> None:
    """In the package of OpenTelemetry's own, every name of ours is there, and none of them is deprecated."""
    known: dict[str, bool] = {}
    for package in (stable, incubating):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = import_module(info.name)
            source = Path(str(module.__file__)).read_text(encoding="utf-8")
            for constant, value in vars(module).items():
                if constant.isupper() and isinstance(value, str):
                    described = re.search(rf'^{constant}: Final = .*\n"""(.*?)"""', source, re.MULTILINE | re.DOTALL)
                    if described is not None:
                        known[value] = known.get(value, True) and "Deprecated:" in described[1]
    kafka = {"topic": "t", "partition": 1, "offset": 2}
    event = events.dynamodb(new={"id": 1}, keys=["id"])
    ours = [
        *told(events.sqs("a", "b")).attributes,
        *told(events.api_gateway("GET", "/", headers={"X-Forwarded-Proto": "https"})).attributes,
        *told(event).attributes,
        *work_of_record(kafka).attributes,
        *work_of_record(events.sqs("a")["Records"][0]).attributes,
        "http.response.status_code",
        "error.type",
        "faas.name",
        "faas.version",
        "faas.instance",
        "faas.max_memory",
        "cloud.provider",
        "cloud.platform",
        "cloud.region",
        "aws.log.group.names",
    ]
    assert [name for name in ours if known.get(name, True)] == []


@pytest.mark.parametrize("record", [None, 1, "text", []])
def test_a_record_of_any_type_has_a_name(record: object) -> None:
    assert work_of_record(record).name == "process"
