"""What is kept out of log lines."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from lambdakit import OptionError, bind, log, logged
from lambdakit.logging import SECRET_NAMES
from lambdakit.logging._redaction import Redaction
from lambdakit.logging._values import to_json
from tests.logging.conftest import calling

if TYPE_CHECKING:
    from tests.conftest import AsKind
    from tests.logging.conftest import Lines

GONE = "[redacted]"


class Login(BaseModel):
    user: str
    password: str


@dataclass
class Connection:
    host: str
    db_password: str


def redacted(value: dict[str, Any], *redact: str | re.Pattern[str]) -> dict[str, Any]:
    names = [part for part in redact if isinstance(part, str)]
    patterns = [part for part in redact if not isinstance(part, str)]
    line: dict[str, Any] = json.loads(Redaction(names or SECRET_NAMES, patterns)(to_json(value), to_json))
    return line


@pytest.mark.parametrize(
    "name",
    [
        *SECRET_NAMES,
        "Authorization",
        "Set-Cookie",
        "set_cookie",
        "X-Api-Token",
        "accessToken",
        "access_token",
        "client-secret",
        "proxy_authorization",
        "DB_PASSWORD",
    ],
)
def test_a_field_whose_name_ends_in_a_secret_one_loses_its_value(name: str) -> None:
    value = {"a": 1, name: "s3cret", "deep": [{"headers": {name: ["s3cret"], "accept": "text/html"}}]}
    assert redacted(value) == {
        "a": 1,
        name: GONE,
        "deep": [{"headers": {name: GONE, "accept": "text/html"}}],
    }


@pytest.mark.parametrize("name", ["tokens_used", "secretary", "cookies_accepted", "password_changed_at", "order"])
def test_other_fields_stay(name: str) -> None:
    assert redacted({name: "shown"}) == {name: "shown"}


def test_values_of_any_kind_are_redacted_but_that_there_is_none_is_shown() -> None:
    line = redacted({"token": 1, "secret": {"a": 1}, "password": "", "cookie": None})
    assert line == {"token": GONE, "secret": GONE, "password": GONE, "cookie": None}


def test_text_that_speaks_of_a_secret_stays() -> None:
    assert redacted({"message": "the token has expired"}) == {"message": "the token has expired"}


def test_models_and_dataclasses_are_redacted_within(lines: Lines) -> None:
    log.info("x", login=Login(user="u", password="p"), connection=Connection("h", "p"), plain={1: {"token": b"t"}})
    (line,) = lines()
    assert line["login"] == {"user": "u", "password": GONE}
    assert line["connection"] == {"host": "h", "db_password": GONE}
    assert line["plain"] == {"1": {"token": GONE}}


def test_what_is_bound_and_what_is_logged_outside_an_invocation_is_redacted_too(as_kind: AsKind, lines: Lines) -> None:
    @logged
    @as_kind
    def handler(event: Any, context: Any) -> None:
        bind(token="t")
        log.bind(cookie="c").info("x", secret="s")

    log.info("outside", password="p")
    handler({}, None)
    outside, inside = lines()
    assert outside["password"] == GONE
    assert [inside[name] for name in ("token", "cookie", "secret")] == [GONE] * 3


def test_names_can_be_added(as_kind: AsKind, lines: Lines) -> None:
    handler = logged(redact=[*SECRET_NAMES, "iban"])(as_kind(lambda event, context: log.info("x", **event)))
    handler({"payee_IBAN": "DE", "token": "t"}, None)
    (line,) = lines()
    assert (line["payee_IBAN"], line["token"]) == (GONE, GONE)


def test_names_can_be_replaced_and_redaction_switched_off(as_kind: AsKind, lines: Lines) -> None:
    for redact in (["iban"], ()):
        handler = logged(redact=redact)(as_kind(lambda event, context: log.info("x", **event)))
        handler({"iban": "DE", "token": "t"}, None)
    assert [(line["iban"], line["token"]) for line in lines()] == [(GONE, "t"), ("DE", "t")]


def test_an_inner_application_keeps_the_redaction_of_the_outer_unless_it_says_one(lines: Lines) -> None:
    def body(event: Any, context: Any) -> None:
        log.info("x", iban="DE")

    logged(redact=["iban"])(logged(body))({}, None)
    logged(redact=["iban"])(logged(redact=["other"])(body))({}, None)
    assert [line["iban"] for line in lines()] == [GONE, "DE"]


def test_what_a_pattern_matches_is_taken_out_of_all_text(as_kind: AsKind, lines: Lines) -> None:
    @logged(redact=[re.compile(r"\b\d{16}\b")])
    @as_kind
    def handler(event: Any, context: Any) -> None:
        log.info("card 4111111111111111 declined", cards=[{"number": "4111111111111111"}])
        raise ValueError("4111111111111111 is no card")

    with pytest.raises(ValueError, match="4111111111111111 is no card"):
        handler({}, None)
    line, failed = lines()
    assert (line["message"], line["cards"]) == ("card [redacted] declined", [{"number": GONE}])
    assert failed["exception"]["message"] == "[redacted] is no card"


def test_lambda_can_still_read_a_line_of_which_everything_is_redacted(lines: Lines) -> None:
    logged(redact=["e", "p", re.compile(".+")])(calling(lambda: log.info("x", a="b")))({}, None)
    (line,) = lines()
    assert (line["level"], line["message"], line["a"]) == ("INFO", GONE, GONE)
    assert line["timestamp"].endswith("Z")


def test_a_name_that_is_not_ascii_is_found() -> None:
    assert redacted({"Kennwört": "geheim", "a": 1}, "kennwört") == {"Kennwört": GONE, "a": 1}


def test_what_is_nested_too_deep_to_be_searched_is_left_out(lines: Lines) -> None:
    value: Any = {"password": "hunter2"}
    for _ in range(900):
        value = [value]
    log.info("x", value=value)
    for _ in range(2):
        value = [value] * 2
    log.info("y", value=value)
    first, second = lines()
    assert (first["message"], second["message"]) == ("x", "y")
    assert "hunter2" not in json.dumps([first, second])


def test_lines_that_name_no_secret_are_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redaction, "_value", None)
    text = to_json({"a": {"b": "c"}})
    assert Redaction(SECRET_NAMES)(text, to_json) is text


@pytest.mark.parametrize("redact", ["token", b"token", 1, [1], [None], ["-"], [""], [re.compile(b"x")]], ids=repr)
def test_a_wrong_option_is_an_error_at_import(redact: Any) -> None:
    with pytest.raises(OptionError, match=r"redact: expected names of fields, and compiled patterns"):
        logged(redact=redact)


NAMES = st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(
    ["token", "x_Token", "Set-Cookie", "tokens"]
)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
        max_leaves=20,
    ),
)
def test_no_value_of_a_secret_field_is_left_and_all_others_are(value: Any) -> None:
    def expected(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: GONE
                if item is not None and name.lower().replace("-", "_").endswith(("token", "cookie"))
                else expected(item)
                for name, item in value.items()
            }
        return [expected(item) for item in value] if isinstance(value, list) else value

    assert redacted({"value": value}) == {"value": expected(value)}
