"""Where lines go: to what is standard output at that moment, each in one write."""

from __future__ import annotations

import re
import sys
from functools import partial
from json import dumps, loads
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _terminal
from ._levels import ERROR, WARN, name_of
from ._line import all_fields, as_json, fields_of_line, scope, style
from ._values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Line(NamedTuple):
    """A line as it was logged, for those who listen."""

    level: str
    message: object
    fields: Mapping[str, object]
    error: BaseException | None
    text: str
    """As JSON: redacted, cut, and with the names that were chosen."""


listeners: list[Callable[[Line], None]] = []
"""Told of each line that is written: tests."""


def emit(level: int, message: object, own: Mapping[str, object], error: BaseException | None) -> None:
    """Write a line, or keep it, as this invocation has it; a line of an error brings along those that were kept.

    Args:
        level: The number of the level, which is known to be one that something is made of.
        message: What happened.
        own: The fields of this line.
        error: What to show as `exception`.
    """
    at = time()
    around = scope.get()
    if around is not None and around.buffer is not None:

        def made() -> tuple[str, Callable[[], None]]:
            text, line = _made(level, message, own, error, at)
            return text, partial(write, text, line)

        if kept(level, made):
            return
    write(*_made(level, message, own, error, at))


def kept(level: int, made: Callable[[], tuple[str, Callable[[], None]]]) -> bool:
    """Whether a line is not to be written now; if so it is kept, and an error brings along those that were.

    Args:
        level: The number of its level.
        made: Makes the line: its text, and what writes it.
    """
    around = scope.get()
    if around is None or around.buffer is None:
        return False
    if level < around.level:
        text, write_it = made()
        around.buffer.keep(len(text.encode("utf-8", "replace")), write_it)
        return True
    if level >= ERROR:
        write_kept()
    return False


def write_kept() -> None:
    """Write the lines that are kept here, if any are."""
    around = scope.get()
    if around is not None and around.buffer is not None:
        around.buffer.write_out(_tell)


def write(text: str, line: Line | None = None) -> None:
    """Write a line to standard output, and tell those who listen."""
    stream = sys.stdout
    try:
        stream.write(f"{text}\n")
    except UnicodeEncodeError:  # an encoding that is not UTF-8
        stream.write(re.sub(r"[^\x00-\x7f]+", lambda found: dumps(found[0])[1:-1], f"{text}\n"))
    stream.flush()
    if line is not None:
        for listener in listeners:
            listener(line)


def _made(
    level: int, message: object, own: Mapping[str, object], error: BaseException | None, seconds: float
) -> tuple[str, Line | None]:
    fields = all_fields(own, error)
    if _terminal.is_for_people(sys.stdout):
        shown = _redacted({"message": message, "fields": fields_of_line(own, error)})
        text = _terminal.render(name_of(level), shown["message"], shown["fields"], error, seconds)
    else:
        text = as_json(level, message, fields, error, seconds)
    return text, line_of(level, message, fields, error, seconds) if listeners else None


def _redacted(shown: dict[str, Any]) -> dict[str, Any]:
    plain = to_json(shown)
    text = style().redact(plain, to_json)
    redacted: dict[str, Any] = shown if text is plain else loads(text)
    return redacted


def line_of(
    level: int, message: object, fields: Mapping[str, object], error: BaseException | None, seconds: float
) -> Line:
    """What those who listen are told."""
    return Line(name_of(level), message, fields, error, as_json(level, message, fields, error, seconds))


def _tell(dropped: int, limit: int) -> None:
    message = "lines below the level were dropped: there was no room for them in the buffer"
    write(*_made(WARN, message, {"dropped": dropped, "buffer_bytes": limit}, None, time()))
