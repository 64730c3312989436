"""DynamoDB's attribute values, as its streams carry them: `{"N": "101"}`.

See "AttributeValue" in the Amazon DynamoDB Streams API Reference.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

from lambdakit.errors import EncodeError, OptionError

from .payloads import value_of

AttributeValue = dict[str, Any]
Image = dict[str, AttributeValue]


def image_of(item: object, where: str) -> Image:
    """An item with its values marshalled.

    Args:
        item: A model, a dataclass or a mapping.
        where: Which item it is, for the error.

    Raises:
        EncodeError: DynamoDB cannot hold a value.
        OptionError: The item has no attributes.
    """
    attributes = value_of(item)
    if not isinstance(attributes, Mapping):
        msg = f"{where}: expected an item with attributes, a model, a dataclass or a dict; got {type(item).__name__}"
        raise OptionError(msg)
    return {str(name): _marshal(value, f"{where}, {name}") for name, value in attributes.items()}


def size_of(image: Image) -> int:
    """Bytes, as counted in "DynamoDB item sizes and formats" in the Amazon DynamoDB Developer Guide."""
    return sum(len(name.encode()) + _size(value) for name, value in image.items())


def _marshal(value: object, where: str) -> AttributeValue:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str() if type(value) is str:
            return {"S": value}
        case int() | float() | Decimal() if type(value) in (int, float, Decimal):
            return {"N": _number(value, where)}
        case bytes() | bytearray():
            return {"B": b64encode(value).decode()}
        case Mapping():
            return {"M": {str(key): _marshal(element, f"{where}.{key}") for key, element in value.items()}}
        case AbstractSet():
            return _marshal_set(value, where)
        case list() | tuple():
            return {"L": [_marshal(element, f"{where}.{index}") for index, element in enumerate(value)]}
        case _:
            return _marshal(_plain(value, where), where)


def _marshal_set(values: AbstractSet[object], where: str) -> AttributeValue:
    marshalled = [_marshal(value, where) for value in values]
    kinds = {kind for element in marshalled for kind in element}
    if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
        held = ", ".join(sorted(kinds)) or "nothing"
        msg = f"{where}: a set in DynamoDB holds strings, or numbers, or bytes, and is not empty; this one holds {held}"
        raise EncodeError(msg)
    kind = kinds.pop()
    return {f"{kind}S": sorted(element[kind] for element in marshalled)}


def _number(value: float | Decimal, where: str) -> str:
    number = Decimal(str(value))
    if not number.is_finite():
        msg = f"{where}: DynamoDB has no {value}"
        raise EncodeError(msg)
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _plain(value: object, where: str) -> object:
    """What pydantic writes for a value of a type that JSON does not have."""
    from pydantic_core import PydanticSerializationError, to_jsonable_python  # noqa: PLC0415 - few items need it

    try:
        plain: object = to_jsonable_python(value)
    except PydanticSerializationError as error:
        msg = f"{where}: {type(value).__name__} has no form in JSON, and none in DynamoDB"
        raise EncodeError(msg) from error
    return plain


def _size(value: AttributeValue) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return _size_of_number(held)
        case "B":
            return len(b64decode(held))
        case "SS" | "NS" | "BS":
            return sum(_size({kind[0]: element}) for element in held)
        case "L":
            return 3 + sum(1 + _size(element) for element in held)
        case "M":
            return 3 + size_of(held) + len(held)
        case _:
            return 1


def _size_of_number(digits: str) -> int:
    significant = digits.removeprefix("-").replace(".", "").strip("0")
    return (len(significant) + 1) // 2 + 1 + digits.startswith("-")
