"""Lines that are longer than Lambda takes whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit import log, logged
from lambdakit.logging._cut import LIMIT, cut
from lambdakit.logging._values import to_json
from lambdakit.testing import FakeContext
from tests.logging.conftest import calling

if TYPE_CHECKING:
    from tests.logging.conftest import Lines

OWN = {"timestamp": "2026-01-02T03:04:05.006Z", "level": "INFO", "message": "x"}


def shortened(value: dict[str, Any], limit: int) -> dict[str, Any]:
    text = cut(to_json({**OWN, **value}), limit)
    assert len(text.encode()) <= limit
    line: dict[str, Any] = json.loads(text)
    return line


def test_a_line_that_is_not_too_long_is_as_it_was(lines: Lines) -> None:
    log.info("x", text="a" * (LIMIT - 1000))
    (line,) = lines()
    assert len(line["text"]) == LIMIT - 1000
    assert "truncated_from" not in line


@pytest.mark.parametrize("text", ["a", "é", "漢", "😀", '"', "\x00"], ids=ascii)
def test_a_long_text_is_cut_with_a_mark(capsys: pytest.CaptureFixture[str], text: str) -> None:
    context = FakeContext(aws_request_id="r-1")
    logged(calling(lambda: log.info("x", text=text * 300_000, order=7)))({}, context)
    written = capsys.readouterr().out
    assert LIMIT * 0.9 < len(written.encode()) <= LIMIT
    line = json.loads(written)
    assert (line["message"], line["order"], line["function_request_id"]) == ("x", 7, "r-1")
    kept, mark = line["text"].split("…")
    assert kept == text * len(kept)
    assert mark == f"[{300_000 - len(kept)} more characters]"
    assert line["truncated_from"] > 300_000


def test_a_long_message_is_cut(lines: Lines) -> None:
    log.info("m" * 300_000, order=7)
    (line,) = lines()
    assert line["message"].endswith(" more characters]")
    assert line["order"] == 7


def test_of_a_list_the_first_items_stay() -> None:
    line = shortened({"items": [{"number": number} for number in range(1000)], "small": "kept"}, 2000)
    *first, mark = line["items"]
    assert first == [{"number": number} for number in range(len(first))]
    assert len(first) > 50
    assert mark == f"…[{1000 - len(first)} more items]"
    assert line["small"] == "kept"


def test_only_the_long_parts_of_a_dict_are_cut() -> None:
    event = {"path": "/orders", "body": "b" * 5000, "headers": {"accept": "text/html", "long": "l" * 5000}}
    line = shortened({"event": event}, 4000)
    assert line["event"]["path"] == "/orders"
    assert line["event"]["headers"]["accept"] == "text/html"
    assert line["event"]["body"].startswith("bbbb")
    assert line["event"]["headers"]["long"].startswith("llll")


def test_of_too_many_fields_the_first_stay() -> None:
    line = shortened({f"field_{number}": number for number in range(10_000)}, 5000)
    assert (line["message"], line["field_0"]) == ("x", 0)
    assert line["…"].endswith(" more fields]")


def test_an_endless_exception_is_cut(lines: Lines) -> None:
    log.error("x", exc_info=ValueError("v" * 300_000))
    (line,) = lines()
    assert line["exception"]["type"] == "ValueError"
    assert line["exception"]["message"].endswith(" more characters]")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(st.characters(codec="utf-8")) | st.just("x" * 5000) | st.just('"' * 3000),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
        max_leaves=30,
    ),
    st.integers(1000, 6000),
)
def test_what_is_cut_fits_and_is_json_and_tells_its_level(value: Any, limit: int) -> None:
    line = shortened({"value": value}, limit)
    assert (line["timestamp"], line["level"], line["message"]) == tuple(OWN.values())
