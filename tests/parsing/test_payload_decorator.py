"""`payload`."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import ParseError, payload, sqs_batch
from lambdakit.events import S3EventNotificationRecord
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import eventbridge, sample, sns_envelope, sqs_message

if TYPE_CHECKING:
    from lambdakit import Context
    from tests.conftest import AsKind


def test_the_handler_gets_what_the_event_is_about(as_kind: AsKind) -> None:
    @as_kind
    def handler(order: Order, context: Context) -> Order:
        return order

    for event in (
        {"Records": [sqs_message(AS_JSON)]},
        sqs_message(sns_envelope(AS_JSON)),
        eventbridge({"id": "o-1", "total": "1.1"}),
        sample("api-gateway-rest") | {"body": b64encode(AS_JSON.encode()).decode()},
        {"id": "o-1", "total": "1.1"},
    ):
        assert payload(handler)(event, None) == ORDER
        assert payload(Order)(as_kind(lambda order, context: order))(event, None) == ORDER


def test_it_works_for_each_record_of_a_batch() -> None:
    seen: list[Order] = []

    @sqs_batch
    @payload
    def handler(order: Order, context: Context) -> None:
        seen.append(order)

    handler({"Records": [sqs_message(AS_JSON), sqs_message(sns_envelope(AS_JSON))]}, None)
    assert seen == [ORDER, ORDER]


def test_of_s3_it_hands_on_the_record() -> None:
    handler = payload(S3EventNotificationRecord)(lambda record, context: record.s3.object.key)
    assert handler(sqs_message(sns_envelope(sample("s3-put"))), None) == "test/key"


def test_text_and_bytes_are_taken_as_they_are() -> None:
    def echo(event: object, context: Context) -> object:
        return event

    assert payload(str)(echo)(sqs_message(AS_JSON), None) == AS_JSON
    assert payload(bytes)(echo)(sample("kinesis"), None) == b"Hello, this is a test 123."
    assert payload(str)(echo)(sample("kinesis"), None) == "Hello, this is a test 123."
    assert payload(int)(echo)(sqs_message("3"), None) == 3


def test_a_dynamodb_image_is_validated_as_the_model() -> None:
    handler = payload(dict[str, Decimal | str])(lambda item, context: item)
    assert handler(sample("dynamodb")["Records"][0], None) == {"Id": Decimal(101), "Message": "New item!"}


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (sqs_message("{"), "\n  payload: should be valid JSON"),
        (sqs_message("[]"), "\n  payload: should be an object, is an array"),
        (sqs_message('{"id": "o-1"}'), "\n  total: is missing"),
        (
            sample("api-gateway-rest") | {"body": None},
            "\n  payload: should be a valid dictionary or instance of Order, is null",
        ),
        (sqs_message("") | {"body": None}, "\n  body: should be text"),
        (
            {"Records": [sqs_message("a"), sqs_message("b")]},
            "\n  Records: should be one record; for several, put a batch",
        ),
        (sample("api-gateway-rest") | {"body": "!"}, "\n  body: should be valid base64"),
    ],
)
def test_a_payload_that_does_not_fit_is_an_error_that_says_where(event: Any, problem: str, as_kind: AsKind) -> None:
    with pytest.raises(ParseError) as caught:
        payload(Order)(as_kind(lambda order, context: order))(event, None)
    assert "the payload does not fit Order." + problem in str(caught.value)
    assert caught.value.__context__ is None
