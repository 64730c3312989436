"""`encoded`."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from awslambdaric.lambda_runtime_marshaller import to_json as as_lambda_encodes  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_serializer

from lambdakit import EncodeError, HandlerError, OptionError, encoded, stack
from tests.layers import taking_any

if TYPE_CHECKING:
    from tests.conftest import AsKind

SECRET = "s3cr3t"


class Receipt(BaseModel):
    order_id: str = Field(serialization_alias="orderId")
    total: Decimal = Decimal("1.10")
    at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Point:
    x: Decimal


class Colour(Enum):
    RED = "red"


RESULTS: list[tuple[object, object]] = [
    (None, None),
    ({"a": [1, 2.5, "text", True, None]}, {"a": [1, 2.5, "text", True, None]}),
    (Receipt(order_id="o-1"), {"orderId": "o-1", "total": "1.10", "at": "2026-01-02T03:04:05Z"}),
    ([Point(Decimal("1.0"))], [{"x": "1.0"}]),
    ({1}, [1]),
    ((1, frozenset({2})), [1, [2]]),
    (Decimal("0.10000000000000000000000000000000000001"), "0.10000000000000000000000000000000000001"),
    (date(2026, 1, 2), "2026-01-02"),
    (timedelta(hours=1), "PT1H"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Colour.RED, "red"),
    (b"\xff\xef", "_-8="),
    ({"nan": math.nan, "more": [math.inf, -math.inf]}, {"nan": None, "more": [None, None]}),
    ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
    (10**400, 10**400),
]


@pytest.mark.parametrize(("result", "json"), RESULTS)
def test_a_result_becomes_what_json_can_hold(result: object, json: object, as_kind: AsKind) -> None:
    assert encoded(as_kind(lambda event, context: result))({}, None) == json


def test_it_is_a_middleware() -> None:
    handler = stack(encoded)(taking_any(lambda event, context: {event}))
    assert handler("a", None) == ["a"]
    assert repr(handler) == "<Handler encoded > <lambda>>"
    assert str(encoded.__doc__).startswith("Make JSON of what the handler returns")


results = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals() | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(results)
def test_lambdas_runtime_client_can_send_whatever_comes_out(result: object) -> None:
    sent = as_lambda_encodes(encoded(taking_any(lambda event, context: result))({}, None)).encode("utf-8")
    json.loads(sent, parse_constant=pytest.fail)


class Broken(BaseModel):
    value: str

    @field_serializer("value")
    def refuse(self, value: str) -> str:
        raise ValueError(value)


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


LOOP: list[Any] = []
LOOP.append(LOOP)

REFUSED: list[tuple[object, str]] = [
    (object(), "result is of type builtins.object, which has no form in JSON"),
    ({"items": [1, {"when": object()}]}, "result.items.1.when is of type builtins.object, which has no form in JSON"),
    ({"a": SECRET + "\ud800"}, "result.a has a lone surrogate, which UTF-8 cannot encode"),
    (
        {"s3cr3t@example.com": {"a": [object()]}},
        "result.<key>.a.0 is of type builtins.object, which has no form in JSON",
    ),
    ({SECRET + "\ud800": 1}, "result has a key that has no form in JSON"),
    ((1, 10**5_000), "result.1 has more digits than Python reads"),
    (Point(object()), "result.x is of type builtins.object, which has no form in JSON"),  # type: ignore[arg-type]
    ({"a": Broken(value=SECRET)}, f"result.a is of type {__name__}.Broken, which has no form in JSON"),
    ([ValueError(SECRET)], "result.0 is of type builtins.ValueError, which has no form in JSON"),
    (nested(210), "is nested too deep"),
    (nested(100_000), "result.0.0.... is nested too deep, or holds itself"),
    (LOOP, "result.0.0.... is nested too deep, or holds itself"),
]


@pytest.mark.parametrize(("result", "problem"), REFUSED, ids=range(len(REFUSED)))
def test_what_json_cannot_hold_is_an_error_that_says_where(result: object, problem: str, as_kind: AsKind) -> None:
    with pytest.raises(EncodeError) as caught:
        encoded(as_kind(lambda event, context: result))({}, None)
    message = str(caught.value)
    assert message.startswith(f"{__name__}.test_what_json_cannot_hold_is_an_error_that_says_where.<locals>.<lambda> (")
    assert " returned what JSON cannot hold: " in message
    assert message.endswith(problem)
    assert SECRET not in message
    assert caught.value.__context__ is None


def test_it_has_no_options() -> None:
    with pytest.raises(OptionError, match=r"@encoded \(.*test_encoded.py, line \d+\) takes no options"):
        encoded()  # type: ignore[call-overload]
    with pytest.raises(OptionError, match="takes no options"):
        encoded(taking_any(lambda event, context: 1), indent=2)  # type: ignore[call-overload]
    with pytest.raises(OptionError, match="takes no options"):
        encoded("text")  # type: ignore[call-overload]
    with pytest.raises(HandlerError, match="is a class"):
        encoded(Point)  # type: ignore[arg-type]


def test_an_error_of_the_handler_comes_through(as_kind: AsKind) -> None:
    def handler(event: Any, context: Any) -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        encoded(as_kind(handler))({}, None)
