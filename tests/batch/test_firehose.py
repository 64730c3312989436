"""`firehose_transform`: every record is answered for, with what is to be delivered."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, Field

from lambdakit import EventError, OptionError, current, firehose_transform, parse, payload
from lambdakit.batch import DROPPED, Transformed
from lambdakit.events import KinesisFirehoseRecord
from lambdakit.testing import FakeContext, events

if TYPE_CHECKING:
    from tests.conftest import AsKind


class Reading(BaseModel):
    degrees: float = Field(alias="°C")


def firehose(*data: str) -> dict[str, Any]:
    return {
        "invocationId": "invocation",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/readings",
        "region": "us-east-1",
        "records": [
            {"recordId": f"r{n}", "approximateArrivalTimestamp": 1545084650987, "data": encoded(text)}
            for n, text in enumerate(data)
        ],
    }


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("result", "data"),
    [
        ("text", "text"),
        (b"bytes", "bytes"),
        ({"a": [1, None]}, '{"a": [1, null]}'),
        (0, "0"),
        ("", ""),
        (Reading.model_validate({"°C": 3}), '{"°C":3.0}'),
    ],
)
def test_what_the_handler_returns_is_delivered(result: Any, data: str, as_kind: AsKind) -> None:
    answer = firehose_transform(as_kind(lambda record, context: result))(firehose("a"), None)
    assert answer == {"records": [{"recordId": "r0", "result": "Ok", "data": encoded(data)}]}


def test_every_record_is_answered_for_in_order(as_kind: AsKind) -> None:
    def handler(record: Any, context: Any) -> Any:
        text = base64.b64decode(record["data"]).decode()
        if text == "bad":
            raise ValueError
        return DROPPED if text == "noise" else text.upper()

    answer = firehose_transform(concurrency=2)(as_kind(handler))(firehose("a", "bad", "noise", "d"), None)
    assert answer == {
        "records": [
            {"recordId": "r0", "result": "Ok", "data": encoded("A")},
            {"recordId": "r1", "result": "ProcessingFailed", "data": encoded("bad")},
            {"recordId": "r2", "result": "Dropped", "data": encoded("noise")},
            {"recordId": "r3", "result": "Ok", "data": encoded("D")},
        ]
    }


def test_partition_keys_go_along(as_kind: AsKind) -> None:
    handler = firehose_transform(as_kind(lambda record, context: Transformed("a", partition_keys={"year": "2026"})))
    (answer,) = handler(firehose("a"), None)["records"]
    assert answer["metadata"] == {"partitionKeys": {"year": "2026"}}


@pytest.mark.parametrize("result", [None, object(), float("nan"), {1, 2}])
def test_what_cannot_be_delivered_fails_its_record(result: Any, as_kind: AsKind) -> None:
    answer = firehose_transform(as_kind(lambda record, context: result))(firehose("a"), None)
    assert answer["records"][0]["result"] == "ProcessingFailed"


def test_records_are_parsed_and_one_that_does_not_fit_fails_alone(as_kind: AsKind) -> None:
    each: Any = firehose_transform(parse(KinesisFirehoseRecord[Reading])(as_kind(lambda record, _: record.data)))
    answer = each(events.firehose(Reading.model_validate({"°C": 3}), "no reading"), None)
    assert [(record["result"], base64.b64decode(record["data"])) for record in answer["records"]] == [
        ("Ok", '{"°C":3.0}'.encode()),
        ("ProcessingFailed", b"no reading"),
    ]


def test_the_payload_is_the_data(as_kind: AsKind) -> None:
    each: Any = firehose_transform(payload(Reading)(as_kind(lambda reading, _: reading)))
    answer = each(events.firehose(Reading.model_validate({"°C": 3})), None)
    assert base64.b64decode(answer["records"][0]["data"]) == '{"°C":3.0}'.encode()


def test_it_never_raises_though_all_failed(as_kind: AsKind) -> None:
    def handler(record: Any, context: Any) -> None:
        raise ValueError

    answer = firehose_transform(as_kind(handler))(firehose("a", "b"), None)
    assert [record["result"] for record in answer["records"]] == ["ProcessingFailed"] * 2


def test_records_that_do_not_fit_an_answer_any_more_fail_and_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    handler = firehose_transform(lambda record, context: "x" * 2_000_000)
    answer = handler(firehose("a", "b", "c"), None)
    assert [record["result"] for record in answer["records"]] == ["Ok", "Ok", "ProcessingFailed"]
    assert "record r2 does not fit" in caplog.text


def test_records_that_are_not_started_fail(as_kind: AsKind) -> None:
    answer = firehose_transform(as_kind(lambda record, context: "a"))(firehose("a"), FakeContext(timeout=0.1))
    assert answer["records"][0]["result"] == "ProcessingFailed"


def test_log_fields_have_the_record_id(as_kind: AsKind) -> None:
    seen = []

    def handler(record: Any, context: Any) -> str:
        seen.append(current().record_fields)
        return ""

    firehose_transform(as_kind(handler))(firehose("a"), None)
    assert seen == [{"record_id": "r0"}]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "there is no 'records'"),
        ({"records": None}, "'records' is null"),
        ({"records": [{"data": "secret"}]}, "at least one has none"),
        (events.sqs("a"), "this is an event of SQS"),
    ],
)
def test_an_event_of_others_is_refused(event: Any, problem: str) -> None:
    with pytest.raises(EventError, match=problem):
        firehose_transform(lambda record, context: "")(event, None)


def test_a_wrong_option_is_refused_at_import() -> None:
    with pytest.raises(OptionError, match="no option 'on_all_failed'"):
        firehose_transform(on_all_failed="raise")  # type: ignore[call-overload]
