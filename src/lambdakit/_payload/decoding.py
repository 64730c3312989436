"""Undoing what AWS does to data on its way: base64, gzip, URL-encoding, typed attribute values.

Of the standard library, and loaded when it is needed, so that a handler which decodes nothing pays nothing.
"""

from __future__ import annotations

from binascii import a2b_base64
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Context as DecimalContext
    from decimal import Decimal

_GZIP = b"\x1f\x8b"
_MOST = 100_000_000  # bytes that compressed data may grow to; an invocation's payload is 6 MB
_DEEPEST = 32  # levels; "Nested attribute depth" in the DynamoDB Developer Guide, "Quotas"


class MalformedError(Exception):
    """Data is not encoded as it should be. Never seen by users: what catches it names the place.

    Attributes:
        expected: What should have been there: "valid base64".
        path: Where, from where the decoding began.
    """

    def __init__(self, expected: str, path: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.path = path


def from_base64(text: str | bytes) -> bytes:
    """Undo base64: the standard alphabet, with padding, and nothing besides."""
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:
        pass
    raise MalformedError("valid base64")


def unzipped(data: bytes) -> bytes:
    """Undo gzip, where it begins as gzip does (which neither JSON nor any text in UTF-8 can)."""
    if not data.startswith(_GZIP):
        return data
    import zlib  # noqa: PLC0415
    from gzip import GzipFile  # noqa: PLC0415
    from io import BytesIO  # noqa: PLC0415

    try:
        plain = GzipFile(fileobj=BytesIO(data)).read(_MOST + 1)
    except (OSError, EOFError, zlib.error):
        plain = None
    if plain is None:
        raise MalformedError("valid gzip")
    if len(plain) > _MOST:
        raise MalformedError(f"gzip of at most {_MOST} bytes")
    return plain


def url_decoded(key: str) -> str:
    """Undo the encoding of object keys in S3's classic notifications, where `+` is a space."""
    from urllib.parse import unquote_plus  # noqa: PLC0415

    try:
        return unquote_plus(key, errors="strict")
    except UnicodeError:
        pass
    raise MalformedError("URL-encoded UTF-8")


def unmarshalled(image: object) -> dict[str, object]:
    """Turn the typed attribute values of a DynamoDB item into Python's own.

    Args:
        image: Attribute values by name: `{"id": {"S": "a"}, "total": {"N": "1.10"}}`.

    Returns:
        `S` as str, `N` as Decimal, `B` as bytes, `BOOL` as bool, `NULL` as None, `L` as list, `M` as dict, and `SS`,
        `NS` and `BS` as sets. See "AttributeValue" in the Amazon DynamoDB API Reference.
    """
    return _map(image, 0)


def _value(typed: object, depth: int) -> object:
    if isinstance(typed, dict) and len(typed) == 1:
        ((kind, value),) = typed.items()
        read = _KINDS.get(kind)
        if read is not None:
            return read(value, depth)
    raise MalformedError('a typed attribute value, such as {"S": "text"}')


def _map(value: object, depth: int) -> dict[str, object]:
    if not isinstance(value, dict) or depth > _DEEPEST:
        raise MalformedError(f"attribute values by name, at most {_DEEPEST} levels deep")
    return {name: _value(typed, depth + 1) for name, typed in value.items()}


def _list(value: object, depth: int) -> list[object]:
    if not isinstance(value, list) or depth > _DEEPEST:
        raise MalformedError(f"a list of attribute values, at most {_DEEPEST} levels deep")
    return [_value(typed, depth + 1) for typed in value]


def _text(value: object, _depth: int = 0) -> str:
    if isinstance(value, str) and (value.isascii() or _is_unicode(value)):
        return value
    raise MalformedError("text, in UTF-8, for an attribute value of type S, N or B")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(value: object, _depth: int = 0) -> Decimal:
    text = _text(value)
    try:
        number = _exact_decimals().create_decimal(text)
    except ArithmeticError:
        number = None
    if number is None or not number.is_finite():
        raise MalformedError("a number of at most 38 digits, as DynamoDB has them")
    return number


def _bytes(value: object, _depth: int = 0) -> bytes:
    return from_base64(_text(value))


def _bool(value: object, _depth: int) -> bool:
    if not isinstance(value, bool):
        raise MalformedError("true or false for an attribute value of type BOOL")
    return value


def _null(_value: object, _depth: int) -> None:
    return None


def _set_of(read: Callable[[object], object]) -> Callable[[object, int], object]:
    def read_set(value: object, _depth: int) -> object:
        if not isinstance(value, list):
            raise MalformedError("a list for an attribute value of type SS, NS or BS")
        return {read(member) for member in value}

    return read_set


_KINDS: dict[object, Callable[[object, int], object]] = {
    "S": _text,
    "N": _number,
    "B": _bytes,
    "BOOL": _bool,
    "NULL": _null,
    "L": _list,
    "M": _map,
    "SS": _set_of(_text),
    "NS": _set_of(_number),
    "BS": _set_of(_bytes),
}


@cache
def _exact_decimals() -> DecimalContext:
    """Numbers as DynamoDB has them: 38 digits, 1E-130 to 9.9E+125, and an error rather than a rounding."""
    from decimal import Clamped, Context, Inexact, InvalidOperation, Overflow, Rounded, Subnormal  # noqa: PLC0415

    traps = [Clamped, Inexact, InvalidOperation, Overflow, Rounded, Subnormal]
    return Context(prec=38, Emin=-130, Emax=125, traps=traps)
