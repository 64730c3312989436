"""A user's payload, as text, bytes, or a plain value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from lambdakit.errors import EncodeError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    AttributeValue = str | int | float | Decimal | bytes
    DataType = Literal["String", "Number", "Binary"]


def json_of(payload: object, where: str) -> str:
    """A payload as JSON, by alias.

    Args:
        payload: Whatever pydantic can write.
        where: Which payload it is, for the error.

    Raises:
        EncodeError: It has no form in JSON.
    """
    from pydantic_core import PydanticSerializationError, to_json  # noqa: PLC0415 - str and bytes need none of it

    try:
        return to_json(payload, by_alias=True, inf_nan_mode="null").decode()
    except PydanticSerializationError as error:
        msg = f"{where}: {type(payload).__name__} has no form in JSON; the cause says why"
        raise EncodeError(msg) from error


def text_of(payload: object, where: str) -> str:
    """A payload as a service carries it that takes text.

    Raises:
        EncodeError: It has no form in JSON, or is bytes that are not UTF-8.
    """
    match payload:
        case str():
            return payload
        case bytes():
            try:
                return payload.decode()
            except UnicodeDecodeError as error:
                msg = f"{where}: the service carries text, and these bytes are not UTF-8; encode them, in base64 say"
                raise EncodeError(msg) from error
        case _:
            return json_of(payload, where)


def bytes_of(payload: object, where: str) -> bytes:
    """A payload as a service carries it that takes bytes.

    Raises:
        EncodeError: It has no form in JSON.
    """
    return payload if isinstance(payload, bytes) else text_of(payload, where).encode()


def value_of(payload: object) -> Any:
    """A payload with every model and dataclass in it made a dict, by alias; all else stays what it is."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - takes 100 ms, and most events need none of it

    return TypeAdapter(Any).dump_python(payload, by_alias=True)


def attributes_of(attributes: Mapping[str, AttributeValue] | None) -> list[tuple[str, DataType, str | bytes]]:
    """Message attributes, each with its data type and its value.

    Raises:
        OptionError: Messages cannot have an attribute of this kind.
    """
    return [(name, *_typed(name, value)) for name, value in (attributes or {}).items()]


def _typed(name: str, value: AttributeValue) -> tuple[DataType, str | bytes]:
    match value:
        case str():
            return "String", value
        case bytes():
            return "Binary", value
        case int() | float() | Decimal() if not isinstance(value, bool):
            return "Number", str(value)
        case _:
            msg = f"attributes: expected str, bytes, int, float or Decimal for {name!r}; got {type(value).__name__}"
            raise OptionError(msg)
