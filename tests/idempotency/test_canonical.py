"""Hashes of values: equal values have equal ones, and other values others."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import random  # noqa: TC003 - Hypothesis reads it
from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from lambdakit.idempotency._canonical import NotCanonicalError, canonical, digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Model(BaseModel):
    a: int
    b: Decimal = Decimal(1)


@dataclasses.dataclass
class Point:
    x: int
    y: object = None


class Colour(enum.Enum):
    RED = "red"


def shuffled(value: Any, seed: random.Random) -> Any:
    """An equal value, whose dicts are in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, seed)) for key, item in value.items()]
        seed.shuffle(items)
        return dict(items)
    return [shuffled(item, seed) for item in value] if isinstance(value, list) else value


@given(value=JSON, seed=st.randoms(use_true_random=False))
def test_order_in_dicts_is_of_no_account(value: Any, seed: random.Random) -> None:
    assert digest(value) == digest(shuffled(value, seed))


@given(one=JSON, other=JSON)
def test_other_values_have_other_hashes(one: object, other: object) -> None:
    assert (digest(one) == digest(other)) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@given(value=JSON)
def test_a_value_has_its_canonical_text_across_processes(value: object) -> None:
    assert digest(value) == digest(json.loads(json.dumps(value)))


NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (Decimal("1.50"), Decimal("1.5")),
        (Decimal("0.00"), Decimal("-0")),
        (Decimal(100), Decimal("1E2")),
        (NOON, NOON.astimezone(dt.timezone(dt.timedelta(hours=2)))),
        ({1, 2, 3}, frozenset({3, 2, 1})),
        (b"a", bytearray(b"a")),
        (Model(a=1), Model(b=Decimal("1.0"), a=1)),
        (Point(1, {"a": 1, "b": 2}), Point(1, {"b": 2, "a": 1})),
        ((1, 2), [1, 2]),
        (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (Colour.RED, Colour("red")),
        ({1: "a", "b": 2}, {"b": 2, 1: "a"}),
        ({(1, 2): "a"}, {(1, 2): "a"}),
        ({UUID(int=1): [{NOON: 1}]}, {UUID(int=1): [{NOON: 1}]}),
    ],
    ids=repr,
)
def test_equal_values(one: object, same: object) -> None:
    assert digest(one) == digest(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal(1), Decimal(2)),
        ("1", 1),
        (True, 1),
        (None, "null"),
        (None, False),
        ("", None),
        ([], {}),
        ([1, 2], [2, 1]),
        ({1}, [1]),
        (b"a", "a"),
        (UUID(int=1), str(UUID(int=1))),
        (NOON, NOON.replace(tzinfo=None)),
        (NOON, NOON + dt.timedelta(microseconds=1)),
        (NOON.date(), NOON.date().isoformat()),
        (Model(a=1), Model(a=2)),
        (Point(1), Point(1, 0)),
        ({(1, 2): "a"}, {(1, 3): "a"}),
        ({1: "a", "b": 1}, {"1": "a", "b": 1, 2: 3}),
    ],
    ids=repr,
)
def test_other_values(one: object, other: object) -> None:
    assert digest(one) != digest(other)


@pytest.mark.parametrize("key", ["a", 1, ("a", "b")])
def test_the_same_key_of_something_else_has_another_hash(key: object) -> None:
    assert digest(key, of="orders") != digest(key, of="refunds")


def test_a_hash_is_forty_hexadecimal_digits_and_never_changes() -> None:
    # Records outlive deployments: if this test fails, records under way are lost to the new version.
    assert digest("o-1", of="orders:app.handler") == "75a599a1ed27cdc036f7763ff1395a2653add12f"
    assert digest({"b": [1, 2.5, None, True], "a": "ü"}) == "bd74374f0b8d524ee83bd15d932f17a2e24bbd40"


def test_text_takes_a_shorter_way_to_the_same_hash() -> None:
    class Text(str): ...

    assert digest("ü\n") == digest(Text("ü\n"))


@pytest.mark.parametrize("value", [object(), {"a": object()}, [lambda: None], Point(1, object()), {object()}])
def test_what_has_no_canonical_text_is_named(value: object) -> None:
    with pytest.raises(NotCanonicalError, match=r"a value of type \w+\.\w+ has no canonical text"):
        canonical(value)


def test_a_value_that_holds_itself_has_none() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(NotCanonicalError, match="holds itself, or is nested too deep"):
        canonical(value)


def test_a_value_that_is_nested_too_deep_has_none() -> None:
    value: object = None
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonicalError, match="holds itself, or is nested too deep"):
        canonical(value)
