"""The decorator that makes JSON of a handler's result."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic_core import from_json, to_json

from lambdakit._callables import where
from lambdakit._configurable import called_at
from lambdakit._core import Bound
from lambdakit._middleware import ResultMiddleware
from lambdakit.errors import EncodeError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdakit._core import Handler, Next

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""What JSON can hold, as Python has it."""

_DEEPEST = 50  # levels to search for what is wrong


class _Encoding(ResultMiddleware[Json, object]):
    """A decorator without options.

    Args:
        encode: Gives what a result is as JSON.
    """

    __name__: str

    def __init__(self, encode: Callable[[object], Json]) -> None:
        functools.update_wrapper(self, encode)
        super().__init__(self._fit)
        self._encode = encode

    if not TYPE_CHECKING:

        def __call__(self, *args: Any, **options: Any) -> Any:
            if options or len(args) != 1 or not callable(args[0]):
                msg = f"{called_at(self.__name__)} takes no options: write @{self.__name__}"
                raise OptionError(msg)
            return super().__call__(args[0])

    def _fit(self, handler: Handler[Any, Any]) -> Bound:
        encode = self._encode

        async def layer(event: object, call_next: Next[object, object]) -> Json:
            result = await call_next(event)
            try:
                return encode(result)
            except (ValueError, RecursionError):
                pass
            # Out here, so that no error that holds a value comes along as its context.
            path, problem = _culprit(result, encode)
            msg = f"{where(handler.function)} returned what JSON cannot hold: {path} {problem}"
            raise EncodeError(msg)

        return Bound(layer, self.__name__)


@_Encoding
def encoded(result: object) -> Json:
    """Make JSON of what the handler returns, so that Lambda can encode it.

    Models become objects, by alias; so do dataclasses. Dates, times and UUIDs become text, sets lists, and Decimals
    text, with every digit kept. Bytes become base64 with the URL-safe alphabet; within a model, its `ser_json_bytes`
    decides. NaN and infinities become null.

    Raises:
        EncodeError: When the handler has returned what has no form in JSON, or text with a lone surrogate, which
            Lambda's runtime client cannot send. It says where in the result, and holds no values; so keys of dicts
            that do not look like names are shown as `<key>`.
        OptionError: When applied with options.
    """
    # There and back, by way of the bytes: what comes back can be sent, down to the last character.
    json: Json = from_json(to_json(result, by_alias=True, bytes_mode="base64", inf_nan_mode="null"))
    return json


def _culprit(value: object, encode: Callable[[object], Json]) -> tuple[str, str]:
    """Where the innermost part is that cannot be encoded, and what is wrong with it."""
    path = ["result"]
    while len(path) < _DEEPEST:
        bad = next(((name, part) for name, part in _parts_of(value) if not _can(encode, part)), None)
        if bad is None:
            return ".".join(path), _problem_of(value, encode)
        path.append(bad[0])
        value = bad[1]
    return ".".join([*path[:3], "..."]), "is nested too deep, or holds itself"


def _can(encode: Callable[[object], Json], value: object) -> bool:
    try:
        encode(value)
    except (ValueError, RecursionError):
        return False
    return True


def _parts_of(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key if isinstance(key, str) and key.isidentifier() and key.isascii() else "<key>", part
    elif isinstance(value, list | tuple | set | frozenset):
        for index, part in enumerate(value):
            yield str(index), part
    elif hasattr(value, "__pydantic_fields__") or hasattr(value, "__dataclass_fields__"):
        yield from vars(value).items()


def _problem_of(value: object, encode: Callable[[object], Json]) -> str:
    if isinstance(value, str):
        return "has a lone surrogate, which UTF-8 cannot encode"
    if isinstance(value, int):
        return "has more digits than Python reads"
    if isinstance(value, dict) and not all(_can(encode, {key: None}) for key in value):
        return "has a key that has no form in JSON"
    if isinstance(value, dict | list | tuple | set | frozenset):
        return "is nested too deep"
    kind = type(value)
    return f"is of type {kind.__module__}.{kind.__qualname__}, which has no form in JSON"
