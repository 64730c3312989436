"""Values as canonical text: equal values give equal text, whatever order or library they came in.

The text is hashed and never read back.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGEST = 20  # bytes


class NotCanonicalError(TypeError):
    """A value that has no canonical text."""


def digest(value: object, *, of: str = "") -> str:
    """Hash a value.

    Args:
        value: What JSON knows; Decimal, datetimes, UUID, bytes, sets, enums; dataclasses, models of pydantic and attrs.
        of: Text that belongs to it: the same value of something else has another hash.

    Returns:
        40 hexadecimal digits.

    Raises:
        NotCanonicalError: It holds a value of another type, or itself.
    """
    text = encode_basestring_ascii(value) if type(value) is str else canonical(value)
    return blake2b(f"{of}\n{text}".encode(), digest_size=_DIGEST).hexdigest()


def canonical(value: object) -> str:
    """The canonical text of a value; see `digest`."""
    try:
        return _encode(value)
    except NotCanonicalError:
        raise
    except (TypeError, ValueError, RecursionError):
        pass
    # Keys of several types, which cannot be sorted; or keys that JSON has no text for; or a value that holds itself.
    try:
        return _encode(_with_text_keys(value))
    except (ValueError, RecursionError):
        msg = "it holds itself, or is nested too deep"
    raise NotCanonicalError(msg)


def _with_text_keys(value: object) -> object:
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else f"\0{type(key).__name__} {canonical(key)}": _with_text_keys(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_with_text_keys(item) for item in value]
    return value


def _plain(value: Any) -> object:
    """What JSON does not know, as something that it does. A tag keeps `{1}` and `[1]` apart."""
    kind = type(value)
    read = _READERS.get((kind.__module__, kind.__qualname__))
    if read is not None:
        return [f"\0{kind.__name__}", read(value)]
    if isinstance(value, bytes | bytearray | memoryview):
        return ["\0bytes", bytes(value).hex()]
    if isinstance(value, set | frozenset):
        return ["\0set", sorted(canonical(item) for item in value)]
    # No names of the user's classes and modules: moving one must not make strangers of the records under way.
    if (fields := _fields_of(value)) is not None:
        return fields
    if hasattr(kind, "__members__"):  # an enum
        value = value.value
        return value
    if hasattr(value, "keys") and hasattr(kind, "__getitem__"):  # any other mapping
        return {key: value[key] for key in value}
    msg = f"a value of type {kind.__module__}.{kind.__qualname__} has no canonical text"
    raise NotCanonicalError(msg)


def _fields_of(value: Any) -> dict[str, object] | None:
    kind = type(value)
    if hasattr(kind, "__pydantic_core_schema__") and hasattr(kind, "model_fields"):
        return {**value.__dict__, **(value.__pydantic_extra__ or {})}
    for names in ("__dataclass_fields__", "__attrs_attrs__"):
        declared = getattr(kind, names, None)
        if declared is not None:
            found = declared if isinstance(declared, dict) else [field.name for field in declared]
            return {name: getattr(value, name) for name in found if hasattr(value, name)}
    return None


def _instant(value: Any) -> object:
    if value.utcoffset() is None:
        return ["naive", value.isoformat()]
    from datetime import UTC  # noqa: PLC0415 - who passes a datetime has loaded it

    return value.astimezone(UTC).isoformat()


def _number(value: Any) -> str:
    return "0" if value == 0 else str(value.normalize())


_READERS: dict[tuple[str, str], Callable[[Any], object]] = {
    ("datetime", "datetime"): _instant,
    ("datetime", "date"): str,
    ("datetime", "time"): str,
    ("datetime", "timedelta"): str,
    ("decimal", "Decimal"): _number,
    ("uuid", "UUID"): str,
}

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain).encode
