"""`parse`, on events that fit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, Optional

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import TypeAliasType, TypedDict

from lambdakit import Handler, HandlerError, OptionError, ParseError, parse, payload, sqs_batch, stack
from lambdakit.events import EventBridgeEvent, SQSMessage
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import eventbridge, sqs_message
from tests.layers import passing, taking_any
from tests.test_imports import loaded_by

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from lambdakit import Context
    from tests.conftest import AsKind

MESSAGE = sqs_message(AS_JSON)


def test_the_annotation_says_what_the_event_is(as_kind: AsKind) -> None:
    @as_kind
    def handler(message: SQSMessage[Order], context: Context) -> Order:
        return message.body

    assert parse(handler)(MESSAGE, None) == ORDER


def test_the_model_can_be_said(as_kind: AsKind) -> None:
    assert parse(Order)(as_kind(lambda order, context: order))({"id": "o-1", "total": "1.10"}, None) == ORDER


class Refund(BaseModel):
    kind: Literal["refund"]
    of: str


class Sale(BaseModel):
    kind: Literal["sale"]


@dataclass
class Point:
    x: int


class Named(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("model", "event", "parsed"),
    [
        (Point, {"x": "1"}, Point(1)),
        (Named, {"name": "a", "more": 1}, {"name": "a"}),
        (list[Point], [{"x": 1}], [Point(1)]),
        (Refund | Sale, {"kind": "refund", "of": "o-1"}, Refund(kind="refund", of="o-1")),
        (Annotated[Refund | Sale, Field(discriminator="kind")], {"kind": "sale"}, Sale(kind="sale")),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (dict, {"a": 1}, {"a": 1}),
        (int, 1, 1),
        (str, "{}", "{}"),
        (Point | None, None, None),
        (NewType("Distance", Point), {"x": 1}, Point(1)),
        (TypeAliasType("Place", Point | None), {"x": 1}, Point(1)),
        (Optional[Point], {"x": 1}, Point(1)),  # noqa: UP045
    ],
)
def test_any_type_that_pydantic_validates_will_do(model: Any, event: object, parsed: object) -> None:
    def handler(event: object, context: Context) -> object:
        return event

    assert parse(model)(handler)(event, None) == parsed
    handler.__annotations__["event"] = model
    assert parse(handler)(event, None) == parsed


@pytest.mark.parametrize("encode", [json.dumps, lambda event: json.dumps(event).encode()])
def test_an_event_may_be_json_as_text(encode: Any) -> None:
    assert parse(SQSMessage[Order])(lambda message, context: message.body)(encode(MESSAGE), None) == ORDER


def test_an_instance_of_the_model_passes_through(as_kind: AsKind) -> None:
    message = SQSMessage[Order].model_validate(MESSAGE)
    point = Point(1)
    assert parse(SQSMessage[Order])(as_kind(lambda message, context: message))(message, None) is message
    assert parse(Point)(as_kind(lambda point, context: point))(point, None) is point


def test_a_strict_model_gets_what_json_can_say() -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)
        at: datetime
        total: Decimal
        tags: set[str]

    detail = {"at": "2026-01-02T03:04:05Z", "total": "1.10", "tags": ["a"]}
    strict = Strict(at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), total=Decimal("1.10"), tags={"a"})
    handler = parse(EventBridgeEvent[Strict])(lambda event, context: event.detail)
    assert handler(eventbridge(detail), None) == strict
    assert parse(Strict)(lambda event, context: event)(strict, None) is strict
    with pytest.raises(ParseError, match=r"detail\.total: Decimal input should be"):
        handler(eventbridge(detail | {"total": [1]}), None)
    with pytest.raises(ParseError, match=r"detail\.at: should be a valid datetime"):
        handler(eventbridge(detail | {"at": []}), None)
    parsed = parse(Strict)(lambda event, context: event)(detail, None)
    assert parsed == strict
    with pytest.raises(ParseError, match="at: should be a valid datetime, is text"):
        parse(Strict)(lambda event, context: event)(detail | {"tags": ["\ud800"]}, None)


def test_methods_partials_and_objects_are_read_too() -> None:
    class Shop:
        @parse
        def handler(self, message: SQSMessage[Order], context: Context) -> tuple[Shop, Order]:
            return self, message.body

        def __call__(self, message: SQSMessage[Order], context: Context) -> Order:
            return message.body

        def bound(self, message: SQSMessage[Order], context: Context) -> Order:
            return message.body

    def with_shop(shop: str, message: SQSMessage[Order], context: Context) -> tuple[str, Order]:
        return shop, message.body

    shop = Shop()
    assert shop.handler(MESSAGE, None) == (shop, ORDER)
    assert parse(shop)(MESSAGE, None) == ORDER
    assert parse(shop.bound)(MESSAGE, None) == ORDER
    assert parse(partial(with_shop, "a"))(MESSAGE, None) == ("a", ORDER)


def test_it_is_a_middleware_bare_and_with_a_model() -> None:
    def handler(message: SQSMessage[Order], context: Context) -> Order:
        return message.body

    assert repr(stack(sqs_batch, parse)(handler)) == "<Handler sqs_batch > parse > handler>"  # type: ignore[call-overload]
    assert repr(stack(parse(SQSMessage[Order]))(handler)) == "<Handler parse > handler>"
    assert stack(parse)(handler)(MESSAGE, None) == ORDER


def test_one_model_serves_several_handlers() -> None:
    orders = parse(Order)
    first = orders(taking_any(lambda order, context: order.id))
    second = orders(taking_any(lambda order, context: order.total))
    event = {"id": "o-1", "total": 1}
    assert (first(event, None), second(event, None)) == ("o-1", 1)


def test_a_batch_parses_each_record() -> None:
    seen: list[Order] = []

    @sqs_batch
    @parse
    def handler(message: SQSMessage[Order], context: Context) -> None:
        seen.append(message.body)

    bad = sqs_message("{") | {"messageId": "bad"}
    answer = handler({"Records": [MESSAGE, bad]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert seen == [ORDER]


def test_it_looks_like_a_function_with_documentation() -> None:
    assert (parse.__name__, payload.__name__) == ("parse", "payload")
    assert str(parse.__doc__).startswith("Validate the event, and hand it to the handler as a model.")


def test_beneath_another_layer_that_changes_the_event_the_model_must_be_said() -> None:
    def handler(order: Order, context: Context) -> Order:
        return order

    with pytest.raises(
        HandlerError, match=r"handler \(.*test_parse.py, line \d+\): beneath @parse, 'payload'.*@parse\(Model\)"
    ):
        parse(payload(handler))
    event = {"body": {"id": "o-1", "total": 1}}
    assert parse(dict)(payload(Order)(handler))(event["body"], None) == Order(id="o-1", total=Decimal(1))


def test_above_a_layer_that_keeps_the_event_it_reads_the_annotation() -> None:
    @parse
    @passing
    def handler(message: SQSMessage[Order], context: Context) -> Order:
        return message.body

    assert handler(MESSAGE, None) == ORDER


@pytest.mark.parametrize("args", [(), (Order, Order), (Any,), (object,), (None,), ("Order",)])
def test_it_takes_one_model_or_nothing(args: tuple[Any, ...]) -> None:
    with pytest.raises(
        OptionError, match=r"@parse \(.*test_parse.py, line \d+\) takes one model, as in @parse\(SQSEvent\)"
    ):
        parse(*args)
    with pytest.raises(OptionError, match=r"@payload .* takes one model"):
        payload(*args)


def test_it_has_no_options() -> None:
    with pytest.raises(OptionError, match="takes one model"):
        parse(model=Order)  # type: ignore[call-overload]


class NoModel:
    pass


class Unfinished(BaseModel):
    of: "Missing"  # type: ignore[name-defined]  # noqa: F821, UP037


@pytest.mark.parametrize("model", [NoModel, list[NoModel], Unfinished, 3])
def test_what_pydantic_cannot_make_a_model_of_is_told_at_import(model: Any) -> None:
    with pytest.raises(OptionError, match=r"@parse \(.*test_parse.py, line \d+\): pydantic cannot make a model of"):
        parse(model)

    def handler(event: object, context: Context) -> None: ...

    handler.__annotations__["event"] = model
    with pytest.raises(HandlerError, match=r"handler \(.*test_parse.py, line \d+\): pydantic cannot make a model of"):
        parse(handler)


def test_the_model_is_built_when_the_decorator_is_applied() -> None:
    built: list[object] = []

    class Late(BaseModel):
        model_config = ConfigDict(defer_build=True)
        x: int

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
            built.append(cls)
            return handler(source)

    decorate = parse(Late)
    assert built == [Late]
    handler = decorate(taking_any(lambda late, context: late.x))
    assert handler({"x": 1}, None) == handler({"x": 1}, None) == 1
    assert built == [Late]


def test_it_loads_pydantic_and_nothing_else_that_is_heavy() -> None:
    pydantic = loaded_by("from pydantic import BaseModel, TypeAdapter\nclass Model(BaseModel): x: int")
    more = loaded_by("from lambdakit import parse, payload, encoded") - pydantic
    assert {name for name in more if not name.startswith("lambdakit")} <= {
        "_json",
        "json",
        "json.decoder",
        "json.encoder",
        "json.scanner",
    }


def test_an_error_of_the_handler_itself_comes_through(as_kind: AsKind) -> None:
    @as_kind
    def handler(message: SQSMessage[Order], context: Context) -> Order:
        return Order.model_validate({})

    with pytest.raises(ValidationError):
        parse(handler)(MESSAGE, None)


def test_the_handler_beneath_is_kept_bare() -> None:
    @parse
    def handler(message: SQSMessage[Order], context: Context) -> str:
        return message.body.id

    assert isinstance(handler, Handler)
    assert handler.function(SQSMessage[Order].model_validate(MESSAGE), None) == "o-1"
