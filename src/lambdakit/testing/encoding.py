"""Events and results as JSON, by the rules of AWS's runtime client for Python.

They are those of `lambda_runtime_marshaller` in awslambdaric, which is not needed here.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from lambdakit.errors import EncodeError, EventError

from ._runtime_api import MAX_RESPONSE

# From Python 3.12 on, the client leaves text as it is; before, it writes what is not ASCII as \uXXXX.
_quote = encode_basestring if sys.version_info >= (3, 12) else encode_basestring_ascii


def delivered(event: object) -> Any:
    """An event as the handler gets it.

    Args:
        event: A JSON value; or JSON itself, as str or bytes.

    Raises:
        EncodeError: The event is not a JSON value, so nobody could send it.
        EventError: It is a str or bytes, but not JSON.
    """
    if isinstance(event, str | bytes):
        try:
            return json.loads(event)
        except ValueError as error:
            msg = f"Runtime.UnmarshalError: Unable to unmarshal input: the event is not JSON: {error}"
            raise EventError(msg) from error
    try:
        return json.loads(json.dumps(event, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"the event cannot be sent as JSON: {error}"
        raise EncodeError(msg) from error


def answered(result: object) -> Any:
    """A result as the caller of the function gets it, decoded.

    Args:
        result: What the handler returned.

    Returns:
        Bytes as they are; all else as its JSON reads: tuples are lists, keys are str, a Decimal is a number.

    Raises:
        EncodeError: The runtime client cannot encode it, or Lambda does not take an answer so long.
    """
    if isinstance(result, bytes):
        _check_size(result)
        return result
    text = marshal(result)
    try:
        _check_size(text.encode())
    except UnicodeEncodeError as error:
        msg = "the result holds one half of a surrogate pair, which UTF-8 cannot; the runtime client ends on it"
        raise EncodeError(msg) from error
    return json.loads(text)


def marshal(result: object) -> str:
    """The JSON that the runtime client makes of a result that is not bytes.

    Raises:
        EncodeError: It cannot; the message is the one that Lambda reports, and says where in the result.
    """
    path: list[object] = []
    try:
        return _encode(result, path, set())
    except (TypeError, ValueError, RecursionError) as error:
        where = "".join(f"[{step!r}]" for step in path)
        at = f", at result{where}" if where and not isinstance(error, RecursionError) else ""
        msg = f"Runtime.MarshalError: Unable to marshal response: {error}{at}"
        raise EncodeError(msg) from error


def _encode(value: object, path: list[object], around: set[int]) -> str:
    match value:
        case str():
            return _quote(value)
        case bytes():
            return _quote(value.decode())
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case int():
            return int.__repr__(value)
        case float():
            return _number(value)
        case Decimal():
            return "NaN" if value.is_nan() else str(value)
    if id(value) in around:
        msg = "Circular reference detected"
        raise ValueError(msg)
    around.add(id(value))
    named = getattr(value, "_asdict", None)
    encoded = _encode_container(named() if callable(named) else value, path, around)
    around.remove(id(value))
    return encoded


def _encode_container(value: object, path: list[object], around: set[int]) -> str:
    parts = []
    match value:
        case dict():
            for key, element in value.items():
                name = _quote(_name(key))
                path.append(key)
                parts.append(f"{name}: {_encode(element, path, around)}")
                path.pop()
            return f"{{{', '.join(parts)}}}"
        case list() | tuple():
            for index, element in enumerate(value):
                path.append(index)
                parts.append(_encode(element, path, around))
                path.pop()
            return f"[{', '.join(parts)}]"
        case _:
            msg = f"Object of type {type(value).__name__} is not JSON serializable"
            raise TypeError(msg)


def _name(key: object) -> str:
    match key:
        case str():
            return key
        case bytes():
            return key.decode()
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case int():
            return int.__repr__(key)
        case float():
            return _number(key)
        case _:
            msg = f"keys must be str, int, float, bool or None, not {type(key).__name__}"
            raise TypeError(msg)


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - that is what NaN is
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return float.__repr__(value)


def _check_size(body: bytes) -> None:
    if len(body) > MAX_RESPONSE:
        msg = (
            f"Function.ResponseSizeTooLarge: Response payload size ({len(body)} bytes) exceeded maximum allowed "
            f"payload size ({MAX_RESPONSE} bytes)."
        )
        raise EncodeError(msg)
