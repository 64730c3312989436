"""JSON of any value: what JSON does not know is shown as well as can be, and nothing makes a line fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from json import JSONEncoder
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 20
"""Levels of nesting that are shown of a value which cannot be encoded as it is."""
_LARGEST = 2**53
"""From here on, not every integer is the same to readers that take numbers for doubles, as most do."""


def to_json(value: object) -> str:
    """JSON on one line, whatever the value is, or holds.

    Decimals are numbers where a reader gets back the same number, else strings; times are in ISO 8601; durations in
    seconds; bytes are text; sets are lists; pydantic models and dataclasses are objects; an enum's member is its value;
    NaN, infinities and all other objects are their `repr`.
    """
    try:
        text = _encode(value)
    except Exception:  # noqa: BLE001 - NaN, cycles, keys that are no strings, a repr that raises, too much nesting
        text = _encode(tamed(value))
    return text if text.isascii() else without_surrogates(text)


def plain(value: object) -> object:
    """What to show in place of a value that JSON has no form for, not looking into it."""
    kind = type(value)
    for base in kind.__mro__:
        form = _FORMS.get(f"{base.__module__}.{base.__qualname__}")
        if form is not None:
            return form(value)
    if hasattr(kind, "__dataclass_fields__"):
        return _shown_fields(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet | Sequence):
        return list(value)
    return repr(value)


def tamed(value: object) -> Any:
    """The same value, of nothing but what JSON knows, and not too deep."""
    return _tamed(value, ())


def _tamed(value: object, around: tuple[int, ...]) -> Any:
    """The same value, of nothing but what JSON knows; `around` are the ids of the containers that it is in."""
    try:
        return _tame(value, around)
    except Exception as error:  # noqa: BLE001 - a repr may raise anything, and so may what is encoded in its own way
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _tame(value: object, around: tuple[int, ...]) -> object:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else repr(value)
    if isinstance(value, int):
        return value if value.bit_length() < 10_000 else f"<integer of {value.bit_length()} bits>"
    if id(value) in around:
        return "<cycle>"
    if len(around) > _DEEPEST:
        return "<nested too deep>"
    inside = (*around, id(value))
    if isinstance(value, dict):
        return {_tamed_key(key): _tamed(item, inside) for key, item in list(value.items())}
    if isinstance(value, list | tuple):
        return [_tamed(item, inside) for item in value]
    return _tamed(plain(value), inside)


def _tamed_key(key: object) -> str:
    return key if isinstance(key, str) else str(_tamed(key, ()))


def _number(value: Any) -> object:
    if not value.is_finite():
        return str(value)
    number = float(value)
    if type(value)(repr(number)) != value:
        return str(value)
    return int(number) if number.is_integer() and abs(number) < _LARGEST else number


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "backslashreplace")


def _model(value: Any) -> object:
    try:
        return value.model_dump(mode="json")
    except Exception:  # noqa: BLE001 - a model may hold what has no form in JSON
        return repr(value)


def _shown_fields(value: Any) -> dict[str, object]:
    fields = type(value).__dataclass_fields__.items()
    return {name: getattr(value, name) for name, field in fields if field.repr and hasattr(value, name)}


def without_surrogates(text: str) -> str:
    """The same text, of nothing but what UTF-8 can encode."""
    try:
        text.encode()
    except UnicodeEncodeError:  # UTF-16 joins the halves of a character; what stays alone becomes U+FFFD
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


# By name, so that no module is loaded for a value that may never come.
_FORMS: dict[str, Callable[[Any], object]] = {
    "builtins.bytes": _text,
    "builtins.bytearray": _text,
    "builtins.memoryview": _text,
    "datetime.date": lambda value: value.isoformat(),  # and datetime
    "datetime.time": lambda value: value.isoformat(),
    "datetime.timedelta": lambda value: value.total_seconds(),
    "decimal.Decimal": _number,
    "enum.Enum": lambda value: value.value,
    "pydantic.main.BaseModel": _model,
    "pathlib.PurePath": str,
    "pathlib._local.PurePath": str,  # Python 3.13
    "uuid.UUID": str,
}

_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain).encode
