"""Lines that are longer than Lambda takes whole: cut, and JSON still."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._values import tamed, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 262_118
"""Bytes of a line. CloudWatch Logs takes events of 1 MB since April 2025 ("CloudWatch Logs quotas" in its User Guide),
but what Lambda itself makes one event of is documented nowhere: longer lines have been seen to come in pieces of 256 KB
less 26 bytes, which are no JSON. So this is what is known to arrive whole."""

_MARK = 200  # bytes that are kept free in each container for what says that there was more
_LEAST = 64  # bytes that each field gets, at the least; rather than cut it to less, fields are left out


def cut(text: str, limit: int = LIMIT) -> str:
    """The line with its longest parts shortened until it fits; its field `truncated_from` tells how many bytes it had.

    Small fields stay as they are: those of the invocation do. Of a text the beginning stays, of a list the first items,
    and each part that was shortened says how much is missing.

    Args:
        text: The line, a JSON object.
        limit: The bytes that it may have.

    Raises:
        RecursionError: It is too deeply nested to be taken apart.
        ValueError: It is no JSON.
    """
    line = tamed(json.loads(text))
    line["truncated_from"] = len(text.encode())
    return to_json(_shrunk(line, limit))


def _shrunk(value: Any, limit: int) -> Any:
    if _size(value) <= limit:
        return value
    if isinstance(value, dict):
        return _shrunk_dict(value, limit - _MARK)
    if isinstance(value, list):
        return _shrunk_list(value, limit - _MARK)
    return _shrunk_text(value if isinstance(value, str) else str(value), limit)


def _shrunk_dict(value: dict[str, Any], limit: int) -> dict[str, Any]:
    names = [_size(name) + 2 for name in value]  # a colon, a comma
    kept = len(value)
    while kept and sum(names[:kept]) + _LEAST * kept > limit:
        kept = kept * 3 // 4
    items = list(value.items())[:kept]
    most = _fair([_size(item) for _, item in items], limit - sum(names[:kept]))
    shrunk = {name: _shrunk(item, most) for name, item in items}
    if kept < len(value):
        shrunk["…"] = f"[{len(value) - kept} more fields]"
    return shrunk


def _shrunk_list(value: list[Any], limit: int) -> list[Any]:
    shrunk: list[Any] = []
    left = limit
    for item in value:
        size = _size(item) + 1
        if size > left:
            if not shrunk and left > _MARK + _LEAST:
                shrunk.append(_shrunk(item, left))
            break
        shrunk.append(item)
        left -= size
    if len(shrunk) < len(value):
        shrunk.append(f"…[{len(value) - len(shrunk)} more items]")
    return shrunk


def _shrunk_text(text: str, limit: int) -> str:
    kept = min(len(text), limit)
    while True:
        shown = f"{text[:kept]}…[{len(text) - kept} more characters]"
        size = _size(shown)
        if size <= limit or not kept:
            return shown
        kept = min(kept - 1, max(0, kept - (size - limit) // 6 - 1))  # a character is six bytes of JSON at the most


def _fair(sizes: Sequence[int], limit: int) -> int:
    """The most that each may have, so that all have no more than the limit: what the small leave goes to the large."""
    for given, size in enumerate(sorted(sizes)):
        share = limit // (len(sizes) - given)
        if size > share:
            return share
        limit -= size
    return limit


def _size(value: object) -> int:
    return len(to_json(value).encode())
