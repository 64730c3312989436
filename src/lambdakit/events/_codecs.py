"""How a payload gets out of the field that carries it: annotations for pydantic, as in `Annotated[Body, FromText]`.

The rule is the same for all: a payload of `str` or `bytes` is taken as it is, any other type is decoded from JSON.
pydantic decodes and validates in one step, so that JSON keeps its own rules and errors have their place. In a test, an
event can also be made of the payload itself: `SQSMessage[Order](body=Order(...), ...)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import PydanticCustomError, core_schema, to_json

from lambdakit._payload.decoding import MalformedError, from_base64, unmarshalled, unzipped, url_decoded
from lambdakit._payload.schemas import reads_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, ValidationInfo
    from pydantic_core import CoreSchema

T = TypeVar("T")
U = TypeVar("U")


class FromText:
    """A payload in text, or in what JSON decodes to."""

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


def _attributes(value: object) -> object:
    return _undo(unmarshalled, value) if isinstance(value, dict) else value


def _out_of_text(schema: CoreSchema, handler: GetCoreSchemaHandler) -> CoreSchema:
    what = handler.resolve_ref_schema(schema)
    if reads_text(what):
        return _in_unicode(schema)
    made = what.get("cls", ()) if what["type"] in ("model", "dataclass") else ()

    def decode(value: object, out_of_json: Callable[[object], object]) -> object:
        if isinstance(value, str):
            return out_of_json(value)
        if isinstance(value, made):
            return value
        return out_of_json(value if isinstance(value, bytes) else _undo(_as_json, value))

    return core_schema.no_info_wrap_validator_function(decode, core_schema.json_schema(schema))


def _in_unicode(schema: Any) -> CoreSchema:
    """The same, with lone surrogates in text refused, as in JSON: pydantic looks only where there is a rule."""
    made: CoreSchema = schema
    if schema["type"] == "str":
        made = {"min_length": 0} | schema
    elif "schema" in schema:
        made = schema | {"schema": _in_unicode(schema["schema"])}
    return made


def _as_json(value: object) -> bytes:
    try:
        return to_json(value)
    except ValueError:
        pass
    raise MalformedError("what JSON can hold: text in UTF-8, and not too deep nesting")


def _undo(decode: Callable[[T], U], value: T) -> U:
    try:
        return decode(value)
    except MalformedError as error:
        expected = error.expected
    raise PydanticCustomError("lambdakit_encoding", "Input should be {expected}", {"expected": expected})
