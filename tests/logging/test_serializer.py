"""A JSON serializer of the user's choice: lines keep what is promised of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from pydantic import BaseModel

from lambdakit import OptionError, log, logged
from lambdakit.logging._settings import _encoder
from tests.logging.conftest import calling
from tests.logging.test_values import VALUES, Hostile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import AsKind
    from tests.logging.conftest import Lines

SERIALIZERS: list[Callable[..., Any]] = [json.dumps, orjson.dumps, partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)]


anything: Any = log


class Order(BaseModel):
    id: str


@dataclass
class Item:
    price: Decimal


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_it_makes_the_lines(as_kind: AsKind, capsys: pytest.CaptureFixture[str], serializer: Any) -> None:
    seen: list[Any] = []

    def seeing(line: Any, default: Any) -> Any:
        seen.append(line)
        return serializer(line, default=default)

    logged(serializer=seeing)(as_kind(lambda event, context: log.info("Zoë", a=[1])))({}, None)
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert json.loads(written)["message"] == "Zoë"
    assert seen[-1]["a"] == [1]


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_values_that_it_does_not_know_are_shown(lines: Lines, serializer: Any) -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    values = {
        "decimal": Decimal("1.50"),
        "time": datetime(2026, 1, 2, tzinfo=UTC),
        "uuid": UUID(int=1),
        "set": {1},
        "bytes": b"b",
        "model": Order(id="o"),
        "item": Item(Decimal(2)),
        "error": ValueError("no"),
        "hostile": Hostile(),
        "cycle": cycle,
        "half": "\ud800",
        "large": 2**70,
    }

    @logged(serializer=serializer)
    def handler(event: Any, context: Any) -> None:
        for name, value in values.items():
            anything.info("x", **{name: value})

    handler({}, None)
    found = {name: line[name] for name, line in zip(values, lines(), strict=True)}
    assert found["time"].startswith("2026-01-02T00:00:00")
    assert {name: found[name] for name in ("decimal", "uuid", "set", "bytes", "model", "item", "error", "large")} == {
        "decimal": 1.5,
        "uuid": "00000000-0000-0000-0000-000000000001",
        "set": [1],
        "bytes": "b",
        "model": {"id": "o"},
        "item": {"price": 2},
        "error": "ValueError('no')",
        "large": 2**70,
    }
    assert len(found["half"]) == 1  # escaped, or replaced


def test_its_lines_are_redacted(lines: Lines) -> None:
    logged(serializer=orjson.dumps)(calling(lambda: log.info("x", deep=[{"token": "t"}])))({}, None)
    assert lines()[0]["deep"] == [{"token": "[redacted]"}]


def test_an_inner_application_keeps_the_serializer_of_the_outer(capsys: pytest.CaptureFixture[str]) -> None:
    logged(serializer=json.dumps)(logged(calling(lambda: log.info("x"))))({}, None)
    assert capsys.readouterr().out.startswith('{"timestamp": "')


@pytest.mark.parametrize(
    "serializer",
    [
        1,
        "orjson",
        str,
        partial(json.dumps, indent=2),
        partial(orjson.dumps, option=orjson.OPT_APPEND_NEWLINE),
        lambda line: "{}",
        lambda line, default: None,
        lambda line, default: "{}",
    ],
)
def test_one_that_cannot_do_it_is_an_error_at_import(serializer: Any) -> None:
    with pytest.raises(OptionError, match="serializer: expected one that"):
        logged(serializer=serializer)


@pytest.mark.parametrize("size", [1, 100_000])
def test_what_it_gives_for_a_line_may_be_no_json(lines: Lines, size: int) -> None:
    def broken(line: Any, default: Any) -> str:
        return f'{{"token" {"x" * 4 * size}}}' if "message" in line else json.dumps(line, default=default)

    logged(serializer=broken)(calling(lambda: log.info("m", token="t", a="a" * 4 * size)))({}, None)
    (line,) = lines()
    assert (line["message"], line["token"], line["a"][:4]) == ("m", "[redacted]", "aaaa")


@pytest.mark.parametrize("serializer", SERIALIZERS)
@given(value=VALUES)
def test_any_value_is_one_line_of_strict_json(serializer: Any, value: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = _encoder(serializer)({"value": value})
    assert "\n" not in text
    json.loads(text.encode("utf-8"), parse_constant=refuse)
