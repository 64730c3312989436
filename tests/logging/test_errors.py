"""Exceptions as data."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from lambdakit.logging._errors import error_as_data, error_in


class Outer:
    class PaymentError(Exception):
        pass


def caught(raise_it: Any) -> dict[str, Any]:
    try:
        raise_it()
    except BaseException as error:
        return error_as_data(error)
    pytest.fail("nothing was raised")


def fail(error: BaseException) -> None:
    raise error


def test_an_error_has_type_message_and_stack() -> None:
    def charge() -> None:
        fail(ValueError("no money"))

    data = caught(charge)
    assert data.keys() == {"type", "message", "stack"}
    assert (data["type"], data["message"]) == ("ValueError", "no money")
    assert [frame["function"].rpartition(".")[2] for frame in data["stack"]] == ["caught", "charge", "fail"]
    assert {frame["file"] for frame in data["stack"]} == {__file__}
    assert data["stack"][-1]["line"] == fail.__code__.co_firstlineno + 1


def test_a_type_is_named_with_its_module() -> None:
    assert caught(lambda: fail(Outer.PaymentError()))["type"] == f"{__name__}.Outer.PaymentError"


def test_local_variables_are_not_in_it() -> None:
    def charge() -> None:
        card = "4111 1111 1111 1111"
        fail(ValueError(len(card)))

    assert "4111" not in json.dumps(caught(charge))


def test_a_cause_is_followed() -> None:
    def charge() -> None:
        try:
            fail(KeyError("a"))
        except KeyError as error:
            raise ValueError("b") from error

    data = caught(charge)
    assert data["cause"]["type"] == "KeyError"
    assert "context" not in data


def test_a_context_is_followed_unless_it_was_suppressed() -> None:
    def charge(hide: bool) -> None:
        try:
            fail(KeyError("a"))
        except KeyError:
            if hide:
                raise ValueError("b") from None
            raise ValueError("b")  # noqa: B904 - that is what is tested

    assert caught(lambda: charge(hide=False))["context"]["type"] == "KeyError"
    assert caught(lambda: charge(hide=True)).keys() == {"type", "message", "stack"}


def test_notes_are_told() -> None:
    error = ValueError("a")
    error.add_note("while charging")
    assert error_as_data(error)["notes"] == ["while charging"]


def test_a_group_tells_its_exceptions() -> None:
    group = ExceptionGroup("two", [ValueError("a"), ExceptionGroup("one", [KeyError("b")])])
    data: Any = error_as_data(group)
    assert (data["type"], data["message"]) == ("ExceptionGroup", "two (2 sub-exceptions)")
    assert [inner["type"] for inner in data["exceptions"]] == ["ValueError", "ExceptionGroup"]
    assert data["exceptions"][1]["exceptions"][0]["message"] == "'b'"


def test_a_large_group_is_cut() -> None:
    data: Any = error_as_data(ExceptionGroup("many", [ValueError(str(number)) for number in range(1000)]))
    assert len(data["exceptions"]) == 20
    assert data["exceptions_omitted"] == 980


def test_a_long_chain_is_cut() -> None:
    error = ValueError("0")
    for number in range(1, 5000):
        after = ValueError(str(number))
        after.__cause__ = error
        error = after
    data: Any = error_as_data(error)
    depth = 0
    while "cause" in data:
        data, depth = data["cause"], depth + 1
    assert depth == 10


def test_a_cycle_of_causes_is_cut() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    data: Any = error_as_data(first)
    assert data["cause"]["message"] == "second"
    assert "cause" not in data["cause"]


def test_an_endless_recursion_shows_both_ends() -> None:
    def descend() -> None:
        descend()

    data = caught(descend)
    stack = data["stack"]
    assert data["type"] == "RecursionError"
    assert len(stack) == 51
    assert stack[15]["omitted"] > 100
    assert stack[0]["function"] == "caught"


def test_a_message_that_cannot_be_shown_is_replaced() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert error_as_data(OddError())["message"] == "<OddError that cannot be shown: RuntimeError>"


def test_exc_info_may_be_given_in_each_form() -> None:
    error = ValueError("a")
    assert error_in(error) is error
    assert error_in((ValueError, error, None)) is error
    try:
        raise error
    except ValueError:
        assert error_in(True) is error
        assert error_in(sys.exc_info()) is error
        assert error_in(False) is None
        assert error_in(None) is None
    assert error_in(True) is None
    assert error_in((None, None, None)) is None
