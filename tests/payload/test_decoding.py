"""Base64, gzip, URL-encoding, and DynamoDB's attribute values."""

from __future__ import annotations

import gzip
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.types import Binary, TypeSerializer  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit._payload import decoding
from lambdakit._payload.decoding import MalformedError, from_base64, unmarshalled, unzipped, url_decoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal


def as_in_a_stream(typed: Any) -> Any:
    """What boto3 has made of a value, with binary data in base64: streams are JSON."""
    if isinstance(typed, dict):
        return {key: as_in_a_stream(value) for key, value in typed.items()}
    if isinstance(typed, list):
        return [as_in_a_stream(value) for value in typed]
    if isinstance(typed, Binary):
        typed = bytes(typed)
    return b64encode(typed).decode() if isinstance(typed, bytes) else typed


numbers = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: len(number.as_tuple().digits) <= 38 and -128 <= number.adjusted() <= 125 and bool(number)
)
scalars = st.none() | st.booleans() | numbers | st.text() | st.binary()
sets = st.sets(numbers, min_size=1) | st.sets(st.text(), min_size=1) | st.sets(st.binary(), min_size=1)
values = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), values, max_size=5))
def test_attribute_values_are_what_they_were_before_boto3_typed_them(item: dict[str, object]) -> None:
    serialize = TypeSerializer().serialize
    image = {name: as_in_a_stream(serialize(value)) for name, value in item.items()}
    assert unmarshalled(image) == item


@settings(deadline=None)
@given(numbers)
def test_a_number_keeps_its_38_digits(number: Decimal) -> None:
    assert unmarshalled({"n": {"N": str(number)}}) == {"n": number}


@pytest.mark.parametrize(
    "text", ["1" * 39, "0." + "1" * 39, "1E126", "1E-131", "NaN", "Infinity", "x", "", "9" * 10_000]
)
def test_a_number_that_dynamodb_cannot_hold_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError, match="a number of at most 38 digits"):
        unmarshalled({"n": {"N": text}})


def nested(kind: str, levels: int) -> dict[str, object]:
    value: dict[str, object] = {"S": "a"}
    for _ in range(levels):
        value = {kind: {"a": value} if kind == "M" else [value]}
    return {"a": value}


@pytest.mark.parametrize("kind", ["L", "M"])
def test_attributes_may_nest_as_deep_as_dynamodb_lets_them(kind: str) -> None:
    unmarshalled(nested(kind, 32))
    for levels in (33, 100_000):
        with pytest.raises(MalformedError, match="at most 32 levels deep"):
            unmarshalled(nested(kind, levels))


@pytest.mark.parametrize(
    "image",
    [
        None,
        [],
        {"a": None},
        {"a": {"S": None}},
        {"a": {"N": 1}},
        {"a": {"B": "!"}},
        {"a": {"BOOL": "true"}},
        {"a": {"L": {}}},
        {"a": {"M": []}},
        {"a": {"SS": "abc"}},
        {"a": {"NS": [1]}},
        {"a": {"BS": ["!"]}},
        {"a": {"X": "x"}},
        {"a": {"S": "a", "N": "1"}},
    ],
)
def test_what_is_no_attribute_value_is_malformed(image: object) -> None:
    with pytest.raises(MalformedError):
        unmarshalled(image)


@settings(deadline=None)
@given(st.binary())
def test_base64_and_gzip_give_back_what_went_in(data: bytes) -> None:
    assert unzipped(from_base64(b64encode(gzip.compress(data)).decode())) == data


def test_gzip_may_come_in_several_members() -> None:
    assert unzipped(gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"


def test_what_is_not_in_gzip_stays_as_it_is() -> None:
    assert unzipped(b'{"a": 1}') == b'{"a": 1}'


def test_gzip_that_grows_beyond_reason_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_MOST", 1_000)
    assert unzipped(gzip.compress(bytes(1_000))) == bytes(1_000)
    with pytest.raises(MalformedError, match="gzip of at most 1000 bytes"):
        unzipped(gzip.compress(bytes(1_001)))


@pytest.mark.parametrize(
    ("decode", "data"),
    [
        (from_base64, "YQ"),
        (from_base64, "YQ==\n"),
        (from_base64, "-_8="),
        (from_base64, "\ud800"),
        (unzipped, b"\x1f\x8b"),
        (unzipped, gzip.compress(b"a" * 100)[:-1]),
        (url_decoded, "%ff"),
    ],
)
def test_what_is_wrongly_encoded_is_malformed_and_drags_nothing_along(
    decode: Callable[[Any], Any], data: object
) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(data)
    assert caught.value.__context__ is None
