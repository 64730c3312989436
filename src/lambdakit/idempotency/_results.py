"""Results as text and back: what is replayed is equal to what was returned, and of the same type."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._annotations import resolved
from lambdakit.errors import HandlerError, ResultNotStoredError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NOT_STORED = "!"
"""In place of a result: the function ran to its end, and its result could not be stored."""

_TYPED = "="
"""Before the JSON of a result that is more than JSON: it is read back as what the annotation says."""

_COMPRESSED = "~"
"""Before the base64 of a compressed one."""

_LEAF = (str, int, bool, type(None))

_as_json = json.JSONEncoder(separators=(",", ":")).encode
_from_json = json.JSONDecoder().decode


class Results:
    """Writes the results of a function, and reads them.

    What JSON has a form for is written as JSON. All else, models and dataclasses and dates, is written as pydantic
    writes it, and read back as the type that the function is annotated to return.

    Args:
        function: The function.
        compress: Whether to compress the text, if that makes it shorter.
    """

    def __init__(self, function: object, *, compress: bool) -> None:
        self._function = function
        self._compress = compress
        self._annotation: Any = _NotYet
        self._adapter: TypeAdapter[Any] | None = None
        self._ready = False
        found = _callables.returns(function)
        if found is None:
            self._annotation = None
            return
        try:
            self._annotation = resolved(*found)  # now, since the scopes around the function are still there
        except NameError:
            pass  # a class that is defined further down, perhaps
        self._found = found

    def prepare(self) -> None:
        """Make ready to write what the annotation promises, before the function runs.

        Raises:
            HandlerError: Nothing of the annotated type can be stored.
        """
        if self._ready:
            return
        if self._annotation is _NotYet:
            try:
                self._annotation = resolved(*self._found)
            except Exception as error:
                said = self._found[0]
                msg = f"{_callables.where(self._function)}: its return annotation, {said}, cannot be evaluated"
                raise HandlerError(msg) from error
        if self._annotation is not None and not _is_json(self._annotation):
            self._adapter = _adapter(self._annotation, self._function)
        self._ready = True

    def write(self, result: object) -> str:
        """A result as text.

        Raises:
            ResultNotStoredError: What would be read back is not equal to it.
        """
        try:
            text = _as_json(result) if _is_plain(result) else self._write_typed(result)
        except RecursionError:
            raise self._not_stored("it holds itself, or is nested too deep") from None
        if self._compress:
            import base64  # noqa: PLC0415 - only for those who ask for it
            import zlib  # noqa: PLC0415

            compressed = _COMPRESSED + base64.b64encode(zlib.compress(text.encode())).decode()
            return min(compressed, text, key=len)
        return text

    def read(self, text: str) -> Any:
        """The result that was written as this text.

        Raises:
            ResultNotStoredError: The function ran to its end, but its result could not be stored.
        """
        if text == NOT_STORED:
            msg = (
                f"{_callables.where(self._function)} ran to its end under this key, but its result could not be "
                "stored, so that there is none to repeat. It does not run again until the record expires."
            )
            raise ResultNotStoredError(msg)
        if text.startswith(_COMPRESSED):
            import base64  # noqa: PLC0415 - only for those who ask for it
            import zlib  # noqa: PLC0415

            text = zlib.decompress(base64.b64decode(text[1:])).decode()
        if not text.startswith(_TYPED):
            return _from_json(text)
        try:
            if self._adapter is not None:
                return self._adapter.validate_json(text[1:], by_alias=False, by_name=True)
        except Exception:  # noqa: BLE001, S110 - its text holds values
            pass
        msg = (
            f"{_callables.where(self._function)}: the stored result does not fit its return annotation any more. It "
            "does not run again until the record expires."
        )
        raise ResultNotStoredError(msg)

    def _write_typed(self, result: object) -> str:
        kind = type(result).__qualname__
        if self._adapter is None:
            raise self._not_stored(f"it is a {kind}, and the function is not annotated to return one")
        try:
            text = self._adapter.dump_json(result, by_alias=False, round_trip=True, warnings="error").decode()
            again = self._adapter.validate_json(text, by_alias=False, by_name=True)
            is_equal = type(again) is type(result) and bool(again == result)
        except Exception as error:  # noqa: BLE001 - whatever pydantic, or the user's model, makes of it
            raise self._not_stored(f"pydantic: {type(error).__name__}") from None  # its text holds values
        if not is_equal:
            raise self._not_stored(f"what is read back is not equal to the {kind} that was returned")
        return _TYPED + text

    def _not_stored(self, problem: str) -> ResultNotStoredError:
        msg = (
            f"{_callables.where(self._function)} ran to its end, but its result cannot be stored: {problem}. Return "
            "what JSON knows, or annotate the function with a type that pydantic can write and read."
        )
        return ResultNotStoredError(msg)


class _NotYet:
    """In place of an annotation that could not be evaluated when the function was decorated."""


def _is_plain(value: object) -> bool:
    """Whether JSON gives back an equal value of the same types."""
    kind = type(value)
    if kind in _LEAF:
        return True
    if kind is float:
        return isfinite(value)  # type: ignore[arg-type]
    if kind is dict:
        return all(type(key) is str and _is_plain(item) for key, item in value.items())  # type: ignore[attr-defined]
    return kind is list and all(map(_is_plain, value))  # type: ignore[call-overload]


def _is_json(annotation: Any) -> bool:
    """Whether it says nothing, or nothing more than JSON."""
    return annotation in (Any, object, None, type(None), str, int, float, bool, dict, list) or (
        getattr(annotation, "__origin__", None) in (dict, list) and all(map(_is_json, annotation.__args__))
    )


def _adapter(annotation: Any, function: object) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter  # noqa: PLC0415 - only for results that are models
    from pydantic.errors import PydanticSchemaGenerationError  # noqa: PLC0415

    # Not for models and their like, which have a configuration of their own, and take none from here.
    config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")
    try:
        try:
            return TypeAdapter(annotation, config=config)
        except PydanticUserError as error:
            if isinstance(error, PydanticSchemaGenerationError):
                raise
            return TypeAdapter(annotation)
    except PydanticUserError as error:
        problem = error.message.splitlines()[0]
    msg = (
        f"{_callables.where(function)}: results of the type that it is annotated to return cannot be stored: "
        f"{problem}. Return a model, a dataclass, or what JSON knows."
    )
    raise HandlerError(msg)
