"""How a payload gets out of the field that carries it: annotations for pydantic, as in `Annotated[Body, FromText]`.

The rule is the same for all: a payload of `str` or `bytes` is taken as it is, any other type is decoded from JSON.
pydantic decodes and validates in one step, so that numbers stay exact and errors have their place. In a test, an event
can also be made of the payload itself: `SQSMessage[Order](body=Order(...), ...)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import PydanticCustomError, core_schema, from_json, to_json

from lambdakit._payload.decoding import MalformedError, from_base64, unmarshalled, unzipped, url_decoded
from lambdakit._payload.schemas import reads_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, ValidationInfo
    from pydantic_core import CoreSchema

T = TypeVar("T")
U = TypeVar("U")


class FromText:
    """A payload in text."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _out_of_text(handler(source), handler)


class FromBase64:
    """A payload in text in base64; if it is not to be `bytes`, the text may also be in gzip."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        undo = bytes_from_base64 if reads_text(schema) == "bytes" else _text_from_base64
        return core_schema.no_info_before_validator_function(undo, _out_of_text(schema, handler))


class FromHttpBody:
    """A payload in text; in base64 if `is_base64_encoded`, a field before it, says so."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_before_validator_function(_http_body, _out_of_text(handler(source), handler))


class FromDetail:
    """A payload that is an object already; EventBridge Scheduler sends it as text."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        decoded = core_schema.no_info_before_validator_function(_decoded, schema)
        # No function where the event is text: what comes out of one is no longer JSON to models that are strict.
        return core_schema.json_or_python_schema(json_schema=schema, python_schema=decoded)


class FromImage:
    """A payload in DynamoDB's typed attribute values."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_attributes, handler(source))


def bytes_from_base64(value: object) -> object:
    """Undo base64, where there is text."""
    return _undo(from_base64, value) if isinstance(value, str) else value


def text_from_url(value: str) -> str:
    """Undo URL-encoding."""
    return _undo(url_decoded, value)


def _text_from_base64(value: object) -> object:
    return _undo(unzipped, _undo(from_base64, value)) if isinstance(value, str) else value


def _http_body(value: object, info: ValidationInfo) -> object:
    return bytes_from_base64(value) if info.data.get("is_base64_encoded") else value


def _decoded(value: object) -> object:
    return _undo(_from_json, value) if isinstance(value, str) else value


def _from_json(text: str) -> object:
    try:
        decoded: object = from_json(text)
    except ValueError:
        pass
    else:
        return decoded
    raise MalformedError("an object, or valid JSON of one")


def _attributes(value: object) -> object:
    return _undo(unmarshalled, value) if isinstance(value, dict) else value


def _out_of_text(schema: CoreSchema, handler: GetCoreSchemaHandler) -> CoreSchema:
    what = handler.resolve_ref_schema(schema)
    if reads_text(what):
        return schema
    made = what.get("cls", ()) if what["type"] in ("model", "dataclass") else ()

    def decode(value: object, out_of_json: Callable[[object], object]) -> object:
        if isinstance(value, str | bytes):
            return out_of_json(value)
        return value if isinstance(value, made) else out_of_json(_undo(_as_json, value))

    return core_schema.no_info_wrap_validator_function(decode, core_schema.json_schema(schema))


def _as_json(value: object) -> bytes:
    try:
        return to_json(value)
    except ValueError:
        pass
    raise MalformedError("text")


def _undo(decode: Callable[[T], U], value: T) -> U:
    try:
        return decode(value)
    except MalformedError as error:
        expected = error.expected
    raise PydanticCustomError("lambdakit_encoding", "Input should be {expected}", {"expected": expected})
