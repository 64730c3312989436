"""JSON of any value: what JSON does not know is shown as well as can be, and nothing fails."""

from __future__ import annotations

import json
from collections import UserDict, deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import MagicMock
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from lambdakit.logging._values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator


class Size(Enum):
    LARGE = "l"


class Number(IntEnum):
    ONE = 1


class Word(StrEnum):
    YES = "yes"


class Pair(NamedTuple):
    left: int
    right: int


class Item(BaseModel):
    price: Decimal
    due: date
    password: SecretStr


@dataclass
class Order:
    id: str
    items: list[Decimal]
    password: str = field(default="hidden", repr=False)


@dataclass(slots=True)
class Unset:
    value: int

    def __post_init__(self) -> None:
        del self.value


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError


class Hopeless:
    """Raises whatever is asked of it."""

    def __repr__(self) -> str:
        raise ValueError

    def __iter__(self) -> Iterator[Any]:
        raise ValueError

    def __len__(self) -> int:
        raise ValueError

    def __bool__(self) -> bool:
        raise ValueError

    def __eq__(self, other: object) -> bool:
        raise ValueError

    def __hash__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.50"), 12.5),
        (Decimal(3), 3),
        (Decimal("1E+3"), 1000),
        (Decimal("0.1"), 0.1),
        (Decimal("12345678901234567890.123456789"), "12345678901234567890.123456789"),
        (Decimal("1E+400"), "1E+400"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "sNaN"),
        (Decimal("-Infinity"), "-Infinity"),
        (datetime(2026, 1, 2, 3, 4, 5, 6000, UTC), "2026-01-02T03:04:05.006000+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (timedelta(minutes=1, milliseconds=500), 60.5),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff", "\\xff"),
        (bytearray(b"a"), "a"),
        (memoryview(b"a"), "a"),
        ({1}, [1]),
        (frozenset({"a"}), ["a"]),
        ({"a": 1}.keys(), ["a"]),
        (range(3), [0, 1, 2]),
        (deque([1, 2]), [1, 2]),
        ((1, 2), [1, 2]),
        (Pair(1, 2), [1, 2]),
        (Size.LARGE, "l"),
        (Number.ONE, 1),
        (Word.YES, "yes"),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (UserDict({"a": Decimal(1)}), {"a": 1}),
        (PurePosixPath("/tmp/x"), "/tmp/x"),
        (Order("a", [Decimal("1.5")]), {"id": "a", "items": [1.5]}),
        (Unset(1), {}),
        (
            Item(price=Decimal("1.50"), due=date(2026, 1, 2), password=SecretStr("p")),
            {"price": "1.50", "due": "2026-01-02", "password": "**********"},
        ),
        (ValueError("no"), "ValueError('no')"),
        (float("nan"), "nan"),
        ([float("inf"), -float("inf"), 1.5], ["inf", "-inf", 1.5]),
        ({1: "a", None: "b", (1, 2): "c", Size.LARGE: "d"}, {"1": "a", "None": "b", "[1, 2]": "c", "l": "d"}),
        (Hostile(), "<Hostile that cannot be shown: RuntimeError>"),
        ({"a": [Hostile(), 1]}, {"a": ["<Hostile that cannot be shown: RuntimeError>", 1]}),
        (Hopeless(), "<Hopeless that cannot be shown: ValueError>"),
        pytest.param(10**5000, "<integer of 16610 bits>", id="integer"),
    ],
)
def test_a_value_is_shown(value: object, expected: object) -> None:
    assert json.loads(to_json({"value": value})) == {"value": expected}


def test_other_objects_are_shown_as_their_repr() -> None:
    assert json.loads(to_json([object, len])) == ["<class 'object'>", "<built-in function len>"]


def test_a_mock_is_shown_and_not_looked_into() -> None:
    assert json.loads(to_json(MagicMock(name="client"))).startswith("<MagicMock name='client'")


def test_an_iterator_is_not_used_up() -> None:
    iterator = iter([1, 2])
    to_json(iterator)
    assert list(iterator) == [1, 2]


def test_a_cycle_is_cut() -> None:
    value: dict[str, Any] = {"a": 1}
    value["self"] = [value]
    assert json.loads(to_json(value)) == {"a": 1, "self": ["<cycle>"]}


def test_the_same_object_twice_is_no_cycle() -> None:
    shared = [float("nan")]
    assert json.loads(to_json([shared, shared])) == [["nan"], ["nan"]]


def test_a_cycle_through_a_dataclass_is_cut() -> None:
    order = Order("a", [])
    order.items.append(order)  # type: ignore[arg-type]
    assert json.loads(to_json(order)) == {"id": "a", "items": ["<cycle>"]}


def test_deep_nesting_is_cut() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    text = to_json({"deep": value, "kept": 1})
    assert "<nested too deep>" in text
    assert json.loads(text)["kept"] == 1
    while value:  # so that taking it apart does not overflow the stack
        value = value.pop()


def test_a_model_that_cannot_be_dumped_is_shown_as_its_repr() -> None:
    class Odd(BaseModel):
        model_config = {"arbitrary_types_allowed": True}
        thing: object

    assert json.loads(to_json(Odd(thing=object))) == "Odd(thing=<class 'object'>)"


def test_text_stays_readable() -> None:
    assert to_json({"name": "Zoë 漢 😀"}) == '{"name":"Zoë 漢 😀"}'


def test_halves_of_a_character_are_joined_or_replaced() -> None:
    assert to_json({"a": "\ud83d\ude00", "b": "x\ud800y", "\udc00": 1}) == '{"a":"😀","b":"x\ufffdy","\ufffd":1}'


def test_a_line_has_no_line_ends_in_it() -> None:
    assert "\n" not in to_json({"a\r\n": "b\r\nc"})


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.binary()
    | st.decimals()
    | st.datetimes()
    | st.timedeltas()
    | st.uuids()
    | st.complex_numbers()
    | st.builds(Hostile)
    | st.builds(Hopeless),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(st.characters(codec=None)) | st.integers() | st.floats() | st.binary(), inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_any_value_is_one_line_of_strict_json(value: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = to_json({"value": value})
    assert "\n" not in text
    json.loads(text.encode("utf-8"), parse_constant=refuse)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_read_back_as_the_same_number(value: Decimal) -> None:
    shown = json.loads(to_json(value))
    assert Decimal(repr(shown) if isinstance(shown, float) else shown) == value
