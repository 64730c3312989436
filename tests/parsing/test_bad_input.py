"""`parse`, on events that do not fit: each is a `ParseError` that names the place, and holds no values."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from lambdakit import ParseError, parse
from lambdakit.events import (
    APIGatewayProxyEvent,
    APIGatewayProxyEventV2,
    DynamodbStreamRecord,
    EventBridgeEvent,
    KafkaEvent,
    KafkaEventRecord,
    KinesisEvent,
    KinesisFirehoseRecord,
    S3BatchTask,
    S3Event,
    SNSNotification,
    SQSEvent,
    SQSMessage,
)
from tests.events.order import AS_JSON, Order
from tests.events.samples import eventbridge, sample, sns_envelope, sqs_message

if TYPE_CHECKING:
    from lambdakit import Context
    from tests.conftest import AsKind

SECRET = "s3cr3t"


def failure(model: Any, event: object) -> ParseError:
    """The error that a handler raises."""
    with pytest.raises(ParseError) as caught:
        parse(model)(lambda event, context: event)(event, None)
    error = caught.value
    assert error.__context__ is None
    assert error.__cause__ is None
    assert not getattr(error, "__notes__", None)
    assert SECRET not in str(error)
    return error


def problem(model: Any, event: object) -> tuple[str, str]:
    """The one thing that is wrong."""
    (found,) = failure(model, event).problems
    return found


def test_the_message_begins_with_the_handler_and_the_model(as_kind: AsKind) -> None:
    @as_kind
    def handler(event: SQSEvent[Order], context: Context) -> None: ...

    with pytest.raises(ParseError) as caught:
        parse(handler)({"Records": None}, None)
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{__name__}.test_the_message_begins_with_the_handler_and_the_model.<locals>.handler (")
    assert first.endswith("): the event does not fit SQSEvent[Order].")
    assert second == "  Records: should be a valid list, is null"


def test_not_json() -> None:
    assert problem(SQSEvent, SECRET) == ("event", "should be valid JSON: it breaks off at line 1, column 1")
    where, fault = problem(SQSMessage[Order], sqs_message('{"id": s3cr3t'))
    assert (where, fault) == ("body", "should be valid JSON: it breaks off at line 1, column 8")


@pytest.mark.parametrize(
    ("event", "kind"),
    [(None, "null"), ([], "an array"), (1, "a number"), (1.5, "a number"), (True, "a boolean"), (object(), "object")],
)
def test_the_wrong_shape(event: object, kind: str) -> None:
    fault = f"should be a valid dictionary or instance of SQSEvent, is {kind}"
    assert problem(SQSEvent, event) == ("event", fault)


def test_the_wrong_shape_in_text() -> None:
    assert problem(SQSMessage[Order], sqs_message("[1]")) == (
        "body",
        "should be a valid dictionary or instance of Order, is an array",
    )


def test_missing_fields() -> None:
    assert problem(SQSMessage[Order], sqs_message({"id": SECRET})) == ("body.total", "is missing")
    assert ("messageId", "is missing") in failure(SQSMessage, {}).problems


def test_extra_fields_where_the_user_forbids_them() -> None:
    class Closed(BaseModel, extra="forbid"):
        a: int

    assert problem(Closed, {"a": 1, SECRET: 2}) == ("<key>", "Extra inputs are not permitted")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"Records": None}, ("Records", "should be a valid list, is null")),
        ({}, ("Records", "is missing")),
        ({"Records": {}}, ("Records", "should be a valid list, is an object")),
        ({"Records": [None]}, ("Records.0", "should be a valid dictionary or instance of SQSMessage, is null")),
    ],
)
def test_null_or_missing_records(event: object, expected: tuple[str, str], as_kind: AsKind) -> None:
    assert problem(SQSEvent, event) == expected


def test_a_body_of_6_mb() -> None:
    text = json.dumps({"id": "a" * 6_000_000, "total": 1})
    assert problem(SQSMessage[Order], sqs_message(text[:-1]))[0] == "body"
    parsed = parse(SQSMessage[Order])(lambda message, context: message.body)(sqs_message(text), None)
    assert len(parsed.id) == 6_000_000


def test_of_many_problems_the_first_ten_are_shown() -> None:
    error = failure(SQSMessage[list[int]], sqs_message(json.dumps([SECRET] * 5_000)))
    assert len(error.problems) == 5_000
    assert len(str(error).splitlines()) == 12
    assert str(error).splitlines()[-2:] == [
        "  body.9: should be a valid integer, unable to parse string as an integer",
        "  and 4990 more",
    ]


def test_a_6_mb_body_of_nothing_but_problems_is_told_in_a_line() -> None:
    numbers = json.dumps(["a"] * 1_200_000)
    assert len(numbers) == 6_000_000
    assert problem(SQSMessage[list[int]], sqs_message(numbers)) == ("event", "is wrong in 1200000 places")


def test_invalid_base64() -> None:
    event = sample("kinesis")
    event["Records"][0]["kinesis"]["data"] = "s3cr3t!"
    assert problem(KinesisEvent, event) == ("Records.0.kinesis.data", "should be valid base64")
    event = sample("api-gateway-rest") | {"body": "s3cr3t!"}
    assert problem(APIGatewayProxyEvent, event) == ("body", "should be valid base64")


def test_invalid_gzip() -> None:
    event = sample("kinesis")
    event["Records"][0]["kinesis"]["data"] = b64encode(b"\x1f\x8b s3cr3t").decode()
    assert problem(KinesisEvent[Order], event) == ("Records.0.kinesis.data", "should be valid gzip")


NOT_JSON = "should be what JSON can hold: text in UTF-8, and not too deep nesting"
SURROGATE = "\ud800s3cr3t"


def test_a_lone_surrogate() -> None:
    fault = "should be a valid string, unable to parse raw data as a unicode string"
    assert problem(SQSMessage, sqs_message(SURROGATE)) == ("body", fault)
    assert problem(SQSMessage[Order], sqs_message(SURROGATE)) == ("body", fault)
    assert problem(APIGatewayProxyEventV2, sample("function-url") | {"body": SURROGATE}) == ("body", fault)
    assert problem(EventBridgeEvent[Order], eventbridge({"id": SURROGATE, "total": 1})) == ("detail", NOT_JSON)
    record = sample("dynamodb")["Records"][0]
    record["dynamodb"]["Keys"] = {"Id": {"S": SURROGATE}}
    fault = "should be text, in UTF-8, for an attribute value of type S, N or B"
    assert problem(DynamodbStreamRecord, record) == ("dynamodb.Keys", fault)


def test_a_lone_surrogate_as_json_escapes_it() -> None:
    where, fault = problem(SQSMessage[Order], sqs_message('{"id": "\\ud800", "total": 1}'))
    assert where == "body"
    assert fault.startswith("should be valid JSON: it breaks off at line 1")


def test_invalid_utf_8() -> None:
    event = sample("kinesis")
    event["Records"][0]["kinesis"]["data"] = b64encode(b'{"id": "\xff"}').decode()
    assert problem(KinesisEvent[Order], event)[0] == "Records.0.kinesis.data"
    event = sample("api-gateway-rest") | {"body": b64encode(b"\xff").decode()}
    assert problem(APIGatewayProxyEvent, event)[0] == "body"


def test_an_event_of_another_source() -> None:
    error = failure(SQSEvent[Order], sample("s3-put"))
    assert "does not fit SQSEvent[Order]. It comes from S3, and the model is for SQS.\n" in str(error)
    assert ("Records.0.messageId", "is missing") in error.problems


@pytest.mark.parametrize(
    ("model", "event"),
    [
        (SQSMessage, "sqs"),
        (KafkaEventRecord, "kafka"),
        (KinesisFirehoseRecord, "firehose"),
        (S3BatchTask, "s3-batch"),
    ],
)
def test_a_whole_event_where_the_model_is_for_a_record(model: Any, event: str) -> None:
    message = str(failure(model, sample(event)))
    assert "It is a whole event, and the model is for one record: a batch decorator belongs above this one." in message


def test_a_record_where_the_model_is_for_a_whole_event() -> None:
    assert "It is one record, and the model is for a whole event." in str(
        failure(S3Event, sample("s3-put")["Records"][0])
    )


def test_partitions_of_kafka_are_not_named() -> None:
    event = sample("kafka") | {"records": {SECRET: [{"topic": SECRET}]}}
    assert ("records.<key>.0.offset", "is missing") in failure(KafkaEvent, event).problems


def test_raw_delivery_where_an_envelope_is_expected() -> None:
    error = failure(SQSMessage[SNSNotification[Order]], sqs_message(AS_JSON))
    assert ("body.TopicArn", "is missing") in error.problems


def test_an_error_deep_in_envelopes_has_its_place() -> None:
    event = {"Records": [sqs_message(sns_envelope({"id": "o-1", "total": SECRET}))]}
    place = "Records.0.body.Message.total"
    assert problem(SQSEvent[SNSNotification[Order]], event) == (place, "should be a valid decimal")


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"inner": value}
    return value


class Recursive(BaseModel):
    inner: "Recursive | None" = None  # noqa: UP037 - to be resolved by pydantic


def test_deep_nesting() -> None:
    where, fault = problem(Recursive, deep(100_000))
    assert where == "inner." * 20 + "..."
    assert fault == "is nested too deep"
    where, fault = problem(SQSMessage[Recursive], sqs_message("[" * 100_000))
    assert where == "body"
    assert fault.startswith("should be valid JSON: it breaks off at")
    assert problem(EventBridgeEvent, eventbridge(deep(100_000))) == ("detail", NOT_JSON)


def test_a_validator_that_recurses_too_deep() -> None:
    def recurse(value: object) -> object:
        return recurse(value)

    assert problem(Annotated[int, BeforeValidator(recurse)], 1) == ("event", "is nested too deep")


def test_huge_integers() -> None:
    huge = 10**5_000
    parse(dict[str, int])(lambda event, context: event)({"a": huge}, None)
    assert problem(dict[str, float], {"a": huge})[0] == "<key>"
    where, fault = problem(SQSMessage[dict[str, int]], sqs_message('{"a": 1' + "0" * 5_000 + "}"))
    assert where == "body"
    assert fault.startswith("should be valid JSON")
    message = sqs_message("")
    message["attributes"]["SentTimestamp"] = huge
    assert problem(SQSMessage, message) == ("attributes.SentTimestamp", "should be a valid datetime, is a number")


def test_keys_of_the_event_are_not_shown() -> None:
    class Prices(BaseModel):
        metadata: dict[str, dict[str, int]]

    assert problem(Prices, {"metadata": {SECRET: {SECRET: "x"}}})[0] == "metadata.<key>.<key>"
    assert problem(dict[int, int], {SECRET: 1})[0] == "<key>.[key]"


def test_the_choices_of_a_union_are_named() -> None:
    class A(BaseModel):
        x: int

    error = failure(dict[str, A | list[A] | int], {SECRET: {"x": SECRET}})
    assert [where for where, _ in error.problems] == ["<key>.A.x", "<key>.list[A]", "<key>.int"]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]


def test_the_tags_of_a_union_are_named() -> None:
    pet = Annotated[Cat | Dog, Field(discriminator="kind")]
    assert problem(list[pet], [{"kind": "cat"}]) == ("0.cat.lives", "is missing")
    assert problem(list[pet], [{"kind": SECRET}]) == ("0", "should have a tag, in 'kind', of 'cat', 'dog'")


class Typed(TypedDict):
    field: Annotated[int, Field(validation_alias="aliased")]


def test_fields_of_every_kind_are_named() -> None:
    from dataclasses import dataclass

    from pydantic import AliasChoices, AliasPath

    @dataclass
    class Data:
        point: int

    class Aliased(BaseModel):
        one: int = Field(validation_alias=AliasPath("outer", 0, "inner"))
        two: int = Field(validation_alias=AliasChoices("first", "second"))

    assert problem(Data, {"point": SECRET})[0] == "point"
    assert problem(Typed, {"aliased": SECRET})[0] == "aliased"
    places = [where for where, _ in failure(Aliased, {"outer": [{"inner": SECRET}], "second": SECRET}).problems]
    assert places == ["outer.0.inner", "second"]


def refuse(value: str) -> str:
    raise ValueError(value)


def assert_empty(value: str) -> str:
    assert not value, value
    return value


def refuse_by_name(value: str) -> str:
    raise PydanticCustomError("not_on_the_list", "{value} is not on the list", {"value": value})


@pytest.mark.parametrize(
    ("validator", "fault"),
    [
        (refuse, "should be what a validator of the model asks for"),
        (assert_empty, "should be what a validator of the model asks for"),
        (refuse_by_name, "should be what the model's rule 'not_on_the_list' asks for"),
    ],
)
def test_what_a_validator_says_is_not_repeated(validator: Any, fault: str) -> None:
    assert problem(Annotated[str, AfterValidator(validator)], SECRET) == ("event", fault)


RULES: list[tuple[Any, object, str]] = [
    (Annotated[str, Field(max_length=3)], SECRET, "String should have at most 3 characters"),
    (Annotated[str, Field(pattern="^a+$")], SECRET, "String should match pattern '^a+$'"),
    (Annotated[int, Field(gt=3)], 3, "should be greater than 3"),
    (Annotated[list[int], Field(min_length=2)], [1], "should have at least 2 item(s)"),
    (Annotated[list[int], Field(max_length=1)], [1, 2], "should have at most 1 item(s)"),
    (Literal["a", "b"], SECRET, "should be 'a' or 'b'"),
    (bool, SECRET, "should be a valid boolean, unable to interpret input"),
]


@pytest.mark.parametrize(("model", "event", "fault"), RULES)
def test_the_rules_of_a_model_are_told(model: Any, event: object, fault: str) -> None:
    assert problem(dict[str, model], {"a": event}) == ("<key>", fault)


def test_types_of_the_standard_library_are_told_without_the_value() -> None:
    from datetime import date, datetime, time, timedelta
    from uuid import UUID

    from pydantic import AwareDatetime, HttpUrl

    faults = {
        date: "a valid date or datetime",
        datetime: "a valid datetime or date",
        time: "a valid time",
        timedelta: "a valid duration",
        UUID: "a valid UUID",
        HttpUrl: "a valid URL",
    }
    for model, fault in faults.items():
        assert problem(dict[str, model], {"a": SECRET}) == ("<key>", f"should be {fault}")  # type: ignore[valid-type]
    assert problem(AwareDatetime, [SECRET]) == ("event", "should be a valid datetime, is an array")


def test_pydantic_itself_does_show_values_so_the_tests_here_can_fail() -> None:
    with pytest.raises(ValueError, match=SECRET):
        TypeAdapter(int).validate_python(SECRET)
