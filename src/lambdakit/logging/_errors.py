"""An exception as data: what it is, what it says, where it was raised, and what led to it. No local variables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_DEEPEST = 10
"""Causes of causes, and groups in groups, that are followed."""
_WIDEST = 20
"""Exceptions of one group that are shown."""
_FIRST_FRAMES, _LAST_FRAMES = 15, 35
"""Frames of one exception that are shown; of an endless recursion both ends are of interest."""


def error_in(exc_info: object) -> BaseException | None:
    """The exception that `exc_info=` stands for: itself, a tuple as of `sys.exc_info`, or True for the current one."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return next((part for part in exc_info if isinstance(part, BaseException)), None)
    return sys.exception() if exc_info else None


def error_as_data(error: BaseException) -> dict[str, object]:
    """Its `type`, `message`, `notes`, `stack` (outermost call first), `exceptions` of a group, `cause` or `context`."""
    return _as_data(error, set())


def _as_data(error: BaseException, seen: set[int], depth: int = 0) -> dict[str, object]:
    seen.add(id(error))
    data: dict[str, object] = {"type": type_name(type(error)), "message": shown(error)}
    if notes := getattr(error, "__notes__", None):
        data["notes"] = [shown(note) for note in notes] if isinstance(notes, list | tuple) else shown(notes)
    data["stack"] = _frames(error.__traceback__)
    if depth == _DEEPEST:
        return data
    if isinstance(error, BaseExceptionGroup):
        members = [member for member in error.exceptions[:_WIDEST] if id(member) not in seen]
        data["exceptions"] = [_as_data(member, seen, depth + 1) for member in members]
        if left := len(error.exceptions) - len(members):
            data["exceptions_omitted"] = left
    cause, context = error.__cause__, None if error.__suppress_context__ else error.__context__
    if cause is not None and id(cause) not in seen:
        data["cause"] = _as_data(cause, seen, depth + 1)
    elif context is not None and id(context) not in seen:
        data["context"] = _as_data(context, seen, depth + 1)
    return data


def _frames(traceback: TracebackType | None) -> list[dict[str, object]]:
    frames: list[dict[str, object]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append({"file": code.co_filename, "line": traceback.tb_lineno, "function": code.co_qualname})
        traceback = traceback.tb_next
    omitted = len(frames) - _FIRST_FRAMES - _LAST_FRAMES
    if omitted > 0:
        frames[_FIRST_FRAMES:-_LAST_FRAMES] = [{"omitted": omitted}]
    return frames


def type_name(kind: type) -> str:
    """The name of a class with its module, unless it is one of Python's own."""
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def shown(value: object) -> str:
    """Its text, or why it has none."""
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - the message of an exception is anyone's code
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
