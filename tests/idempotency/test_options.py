"""Wrong use of `idempotent`, told at import."""

from __future__ import annotations

from typing import Any

import pytest

from lambdakit import OptionError, idempotent
from lambdakit.idempotency._options import check_call
from lambdakit.stores import MemoryStore

STORE = MemoryStore()


def key(event: Any) -> object:
    return event


async def async_key(event: Any) -> object:
    return event


@pytest.mark.parametrize("decorator", [idempotent, idempotent.function], ids=["idempotent", "idempotent.function"])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name": ""}, "name is text, not ''"),
        ({"name": 5}, "name is text, not 5"),
        ({"lock": 0}, "lock is more than 0 seconds, not 0"),
        ({"lock": True}, "lock is more than 0 seconds, not True"),
        ({"lock": float("inf")}, "lock is more than 0 seconds, not inf"),
        ({"expires_after": -1}, "expires_after is more than 0 seconds, not -1"),
        ({"on_running": "ignore"}, "on_running is 'raise' or 'wait', not 'ignore'"),
        ({"on_store_error": "ignore"}, "on_store_error is 'raise' or 'run', not 'ignore'"),
        ({"cache": -1}, "cache is a number of records, not -1"),
        ({"cache": True}, "cache is a number of records, not True"),
        ({"key": "body.id"}, "key is a function, not 'body.id'"),
        ({"key": async_key}, "key is a plain function; .*async_key .* is async"),
        ({"fingerprint": "body"}, "fingerprint is a function, not 'body'"),
        ({"on_replay": 1}, "on_replay is a function, not 1"),
        ({"on_replay": lambda: None}, r"on_replay is called with \(result\); .* takes 0 positional arguments"),
        ({"keep": 60}, "no option 'keep'; it takes key, name"),
        ({"expire_after": 60}, r"no option 'expire_after' \(did you mean 'expires_after'\?\)"),
    ],
)
def test_a_wrong_option_is_told(decorator: Any, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(
        OptionError, match=rf"(?s)^@idempotent(\.function)? \(.*test_options\.py, line \d+\): {problem}"
    ):
        decorator(STORE, **{"key": key, **options})


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("no key", lambda: idempotent(STORE)),  # type: ignore[call-arg]
        ("no store", lambda: idempotent(key=key)),  # type: ignore[call-arg]
        ("two stores", lambda: idempotent(STORE, STORE, key=key)),  # type: ignore[misc,arg-type]
        ("bare", lambda: idempotent(lambda event, context: None)),  # type: ignore[call-arg,arg-type]
    ],
)
def test_a_store_and_a_key_are_needed(name: str, call: Any) -> None:
    with pytest.raises(
        OptionError, match=r"takes a store and a key, as in @idempotent\(DynamoDBStore\('table'\), key="
    ):
        call()


@pytest.mark.parametrize(
    ("store", "got"),
    [(MemoryStore, "the class MemoryStore; make one"), ("orders", "not str"), (None, "not NoneType"), ({}, "not dict")],
)
def test_what_is_no_store_is_told(store: Any, got: str) -> None:
    with pytest.raises(OptionError, match=f"the first argument is a store, such as .*{got}"):
        idempotent(store, key=key)


@pytest.mark.parametrize("option", ["key", "fingerprint"])
def test_a_function_that_does_not_take_the_event_is_told(option: str) -> None:
    functions: dict[str, Any] = {"key": key, option: lambda event, context: event}
    with pytest.raises(OptionError, match=rf"{option} is called with \(event\); .* takes 2 positional arguments"):
        idempotent(STORE, **functions)


def test_the_check_of_a_call_lets_a_right_one_pass() -> None:
    check_call("idempotent", lambda store, *, key: None, (STORE,), {"key": key})
