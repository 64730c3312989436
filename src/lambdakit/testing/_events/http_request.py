"""HTTP requests, before a service has put them into its own shape."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lambdakit.errors import OptionError

from .payloads import json_of

Values: TypeAlias = Mapping[str, str | Sequence[str]]

SOURCE_IP = "192.0.2.1"
USER_AGENT = "lambdakit.testing"

_PARAMETER = re.compile(r"{(\w+)\+?}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request, with every header and query parameter as a list of values.

    Attributes:
        method: In capitals.
        route: The path as it was given, `/orders/{id}`.
        path: The path with its parameters put in, `/orders/42`.
        headers: Their names as the client wrote them.
        cookies: `name=value` each.
        body: As text; in base64 if the request was given bytes.
    """

    method: str
    route: str
    path: str
    path_parameters: dict[str, str]
    query: dict[str, list[str]]
    headers: dict[str, list[str]]
    cookies: list[str]
    body: str | None
    is_base64: bool

    @property
    def user_agent(self) -> str:
        """The header User-Agent."""
        return next(values[-1] for name, values in self.headers.items() if name.lower() == "user-agent")


def request(
    method: str,
    path: str,
    *,
    host: str,
    json: object,
    body: str | bytes | None,
    headers: Values | None,
    query: Values | None,
    cookies: Mapping[str, str] | None,
    path_parameters: Mapping[str, str] | None = None,
) -> Request:
    """Check a request and complete it.

    Raises:
        EncodeError: What is to be the JSON has no form in it.
        OptionError: The path does not start with a slash, or does not fit its parameters; a body is given twice; a
            header or a query parameter is no str, and no list of str.
    """
    if json is not None and body is not None:
        msg = "json= and body=: a request has one body; json= is encoded, body= is sent as it is"
        raise OptionError(msg)
    defaults = {
        "Accept": ["*/*"],
        "Host": [host],
        "User-Agent": [USER_AGENT],
        "X-Forwarded-For": [SOURCE_IP],
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
        **({"Content-Type": ["application/json"]} if json is not None else {}),
    }
    given = _lists("headers", headers)
    overridden = {name.lower() for name in given}
    kept = {name: values for name, values in defaults.items() if name.lower() not in overridden}
    return Request(
        method=method.upper(),
        route=path,
        path=_fill(path, path_parameters or {}),
        path_parameters=dict(path_parameters or {}),
        query=_lists("query", query),
        headers=kept | given,
        cookies=[f"{name}={value}" for name, value in (cookies or {}).items()],
        body=json_of(json, "json=") if json is not None else _text(body),
        is_base64=isinstance(body, bytes),
    )


def _text(body: str | bytes | None) -> str | None:
    return b64encode(body).decode() if isinstance(body, bytes) else body


def _lists(option: str, values: Values | None) -> dict[str, list[str]]:
    return {name: _list(option, name, value) for name, value in (values or {}).items()}


def _list(option: str, name: str, value: object) -> list[str]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    strings = [element for element in values if isinstance(element, str)]
    if not values or len(strings) < len(values):
        got = ", ".join(sorted({type(element).__name__ for element in values})) or "nothing"
        msg = f"{option}: expected a str for {name!r}, or a list of at least one; got {got}"
        raise OptionError(msg)
    return strings


def _fill(route: str, parameters: Mapping[str, str]) -> str:
    if not route.startswith("/"):
        msg = f"path: expected a path from the root, '/orders'; got {route!r}"
        raise OptionError(msg)
    named = set(_PARAMETER.findall(route))
    if named != parameters.keys():
        wanted, got = (", ".join(sorted(names)) or "none" for names in (named, parameters))
        msg = f"path_parameters: the path {route!r} has the parameters {wanted}; got {got}"
        raise OptionError(msg)
    return _PARAMETER.sub(lambda match: parameters[match[1]], route)
