"""events.dynamodb: changes of the items of a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import pytest
from boto3.dynamodb.types import DYNAMODB_CONTEXT, TypeDeserializer  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from lambdakit.errors import EncodeError, OptionError
from lambdakit.testing import Events


class Colour(Enum):
    RED = "red"


class Item(BaseModel):
    id: int = Field(alias="Id")
    message: str = Field(alias="Message")


@dataclass
class Plain:
    id: int
    tags: set[str]


def only(event: dict[str, Any]) -> dict[str, Any]:
    (record,) = event["Records"]
    assert isinstance(record, dict)
    return record


OLD, NEW = Item(Id=101, Message="New item!"), Item(Id=101, Message="This item has changed")


@pytest.mark.parametrize(
    ("new", "old", "name", "size"),
    [(OLD, None, "INSERT", 26), (NEW, OLD, "MODIFY", 59), (None, NEW, "REMOVE", 38)],
)
def test_a_change_has_the_images_and_the_size_of_awss_sample(
    new: Item | None, old: Item | None, name: str, size: int, events: Events
) -> None:
    record = only(events.dynamodb(new=new, old=old, keys=["Id"]))
    assert record["eventName"] == name
    change = record["dynamodb"]
    assert change["Keys"] == {"Id": {"N": "101"}}
    assert ("NewImage" in change, "OldImage" in change) == (new is not None, old is not None)
    assert change["SizeBytes"] == size


def test_several_changes_are_given_one_by_one(events: Events) -> None:
    changes = events.dynamodb(
        {"id": 1}, events.dynamodb_record(old={"id": 2}), events.dynamodb_record(old={"id": 3}, new={"id": 3, "a": 1})
    )["Records"]
    assert [change["eventName"] for change in changes] == ["INSERT", "REMOVE", "MODIFY"]
    assert [change["dynamodb"]["Keys"]["id"]["N"] for change in changes] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("KEYS_ONLY", set()),
    ],
)
def test_a_view_shows_what_the_stream_is_made_for(
    view: Literal["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"], images: set[str], events: Events
) -> None:
    record = only(events.dynamodb(new=NEW, old=OLD, keys=["Id"], view=view))
    assert record["dynamodb"].keys() & {"NewImage", "OldImage"} == images
    assert record["dynamodb"]["StreamViewType"] == view
    assert record["eventName"] == "MODIFY"


@pytest.mark.parametrize(
    ("value", "marshalled"),
    [
        (None, {"NULL": True}),
        (True, {"BOOL": True}),
        ("text", {"S": "text"}),
        (5, {"N": "5"}),
        (-1.5, {"N": "-1.5"}),
        (Decimal("9.50"), {"N": "9.5"}),
        (Decimal("1E+3"), {"N": "1000"}),
        (b"q", {"B": "cQ=="}),
        ([1, ["a"]], {"L": [{"N": "1"}, {"L": [{"S": "a"}]}]}),
        ({"a": {"b": None}}, {"M": {"a": {"M": {"b": {"NULL": True}}}}}),
        ({"b", "a"}, {"SS": ["a", "b"]}),
        ({Decimal(2), 1}, {"NS": ["1", "2"]}),
        ({b"q"}, {"BS": ["cQ=="]}),
        (datetime(2026, 1, 1, tzinfo=UTC), {"S": "2026-01-01T00:00:00Z"}),
        (UUID(int=0), {"S": "00000000-0000-0000-0000-000000000000"}),
        (Colour.RED, {"S": "red"}),
        (Item(Id=1, Message="m"), {"M": {"Id": {"N": "1"}, "Message": {"S": "m"}}}),
    ],
)
def test_a_value_is_marshalled_by_its_type(value: object, marshalled: dict[str, Any], events: Events) -> None:
    assert only(events.dynamodb(new={"id": 1, "value": value}))["dynamodb"]["NewImage"]["value"] == marshalled


def test_a_dataclass_keeps_its_sets(events: Events) -> None:
    image = only(events.dynamodb(new=Plain(1, {"a"})))["dynamodb"]["NewImage"]
    assert image == {"id": {"N": "1"}, "tags": {"SS": ["a"]}}


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**30), max_value=10**30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-(10**37), 10**37) | NUMBERS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(VALUES | st.sets(st.text(), min_size=1) | st.sets(NUMBERS, min_size=1))
def test_boto3_reads_back_what_was_given(value: object) -> None:
    image = only(Events().dynamodb(new={"id": 1, "value": value}))["dynamodb"]["NewImage"]
    assert TypeDeserializer().deserialize(image["value"]) == _as_boto3_has_it(value)


def _as_boto3_has_it(value: object) -> object:
    match value:
        case bool():
            return value
        case int() | Decimal():
            return DYNAMODB_CONTEXT.create_decimal(str(value))
        case list():
            return [_as_boto3_has_it(element) for element in value]
        case dict():
            return {key: _as_boto3_has_it(element) for key, element in value.items()}
        case _:
            return value


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("é", 2),
        (Decimal("-12.50"), 4),
        (1200, 2),
        (b"abc", 3),
        (None, 1),
        (False, 1),
        ({"a", "bc"}, 3),
        ({1, 234}, 5),
        ([1, "a"], 3 + (1 + 2) + (1 + 1)),
        ({"k": "v"}, 3 + (1 + 1 + 1)),
        ([{"k": []}], 3 + 1 + (3 + (1 + 1 + 3))),
    ],
)
def test_a_value_is_as_large_as_dynamodb_counts_it(value: object, size: int, events: Events) -> None:
    change = only(events.dynamodb(new={"id": 1, "v": value}))["dynamodb"]
    key = len("id") + 2
    assert change["SizeBytes"] == key + (key + len("v") + size)


@pytest.mark.parametrize("value", [set(), {1, "a"}, {("a",)}, float("nan"), Decimal("-Infinity"), object()])
def test_what_dynamodb_cannot_hold_is_an_error_that_says_where(value: object, events: Events) -> None:
    with pytest.raises(EncodeError, match=r"^events\.dynamodb, change 1, NewImage, a\.0: "):
        events.dynamodb(new={"id": 1, "a": [value]})


@pytest.mark.parametrize("item", ["text", [1], 5, None])
def test_an_item_without_attributes_is_an_error(item: object, events: Events) -> None:
    with pytest.raises(OptionError, match=r"(expected an item with attributes|a change needs the item)"):
        events.dynamodb(item)


def test_an_item_without_its_key_is_an_error(events: Events) -> None:
    with pytest.raises(OptionError, match=r"change 1: the item has no pk, sk; keys= names the attributes"):
        events.dynamodb({"id": 1}, keys=["id", "pk", "sk"])


def test_a_change_of_the_key_is_an_error(events: Events) -> None:
    with pytest.raises(OptionError, match=r"an item cannot change its key \(id\)"):
        events.dynamodb(old={"id": 1}, new={"id": 2})


def test_a_change_of_nothing_is_an_error(events: Events) -> None:
    with pytest.raises(OptionError, match="a change needs the item"):
        events.dynamodb_record()


def test_one_change_and_several_together_are_an_error(events: Events) -> None:
    with pytest.raises(OptionError, match="one change is given as new= and old=, several as"):
        events.dynamodb({"id": 1}, new={"id": 2})  # type: ignore[call-overload]
