"""In a Lambda runtime, what others write is carried along: structlog's loggers, `logging`, and what nobody caught.

What the user has configured is left alone: structlog, if it is configured when the handler is decorated, and all else
with it; a handler of the root logger that is not the runtime's, or has another formatter; the root logger's level, if
it is not the one that the runtime has set; any hook that is not Python's own.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from functools import partial
from typing import TYPE_CHECKING, TextIO

from . import _structlog
from ._errors import error_in
from ._levels import DEBUG, FATAL, least
from ._line import Style, all_fields, as_json, lowest_level, outside
from ._logger import log
from ._output import kept, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {
    "asctime",
    "message",
    "taskName",
    # what the runtime's own handler adds
    "aws_request_id",
    "tenant_id",
    "_frame_type",
}
"""What a record has beside the fields that were given with `extra=`."""

_level: list[int] = []
"""The level that we have given to the root logger; nothing, if its level is the user's."""


_known_to_structlog = [False]
"""Whether structlog has been loaded, and is configured."""


def carry_along(level: int, style: Style) -> None:
    """Make others write the lines that `log` writes.

    Args:
        level: The lowest level that something is made of.
        style: How lines outside an invocation are written.
    """
    outside[:] = [style]
    if _structlog.is_users():
        _known_to_structlog[0] = True
        return
    _known_to_structlog[0] = _structlog.configure()
    root = logging.getLogger()
    for handler in root.handlers:
        if type(handler).__name__.startswith("LambdaLoggerHandler") and _is_of_runtime(handler.formatter):
            formatter = LineFormatter(handler.formatter)
            handler.setFormatter(formatter)
            handler.addFilter(Admission(formatter))
            if root.level in {logging.WARNING, max(DEBUG, least(None))}:
                root.setLevel(level)
                _level[:] = [root.level]
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _process_failed
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_failed
    if warnings.showwarning.__module__ == warnings.__name__:
        warnings.showwarning = _warned


def heed(level: int) -> None:
    """At the start of an invocation: heed a structlog that was loaded since, and the level of this invocation.

    Args:
        level: The lowest level that something is made of, here and around.
    """
    if not _known_to_structlog[0] and "structlog" in sys.modules:
        _known_to_structlog[0] = _structlog.configure()
    if _level and level != _level[0]:
        root = logging.getLogger()
        if root.level == _level[0]:
            root.setLevel(level)
            _level[0] = level
        else:
            _level.clear()


class LineFormatter(logging.Formatter):
    """Formats a record of the standard library as the line that `log` would write, and never raises.

    Args:
        replaced: The formatter in whose place it is.
    """

    def __init__(self, replaced: logging.Formatter | None) -> None:
        super().__init__()
        # In JSON format, the runtime tells Lambda by a number that a line is JSON, and its level.
        runtime = sys.modules.get(type(replaced).__module__)
        self._frame_types: dict[int, bytes] = getattr(runtime, "_JSON_FRAME_TYPES", {})

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON, with its line end."""
        if frame_type := self._frame_types.get(min(record.levelno, FATAL) // 10 * 10):
            record.__dict__["_frame_type"] = frame_type
        message, own = told_by(record)
        error = error_in(record.exc_info)
        return f"{as_json(record.levelno, message, all_fields(own, error), error, record.created)}\n"


class Admission(logging.Filter):
    """Lets records through as the invocation has it: those below its level not, or later.

    Args:
        formatter: Makes lines of records.
    """

    def __init__(self, formatter: LineFormatter) -> None:
        super().__init__()
        self._formatter = formatter

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written now."""
        if record.levelno < lowest_level():
            return False

        def made() -> tuple[str, Callable[[], None]]:
            text = self._formatter.format(record).rstrip("\n")
            return text, partial(write, text)

        return not kept(record.levelno, made)


def told_by(record: logging.LogRecord) -> tuple[object, dict[str, object]]:
    """What a record of the standard library says: its message, and its fields."""
    fields = {name: value for name, value in record.__dict__.items() if name not in _ATTRIBUTES}
    message: object = record.msg
    if record.args or not isinstance(message, dict):
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that do not fit, or that cannot be shown
            fields["args"] = record.args
    if record.stack_info:
        fields["stack"] = record.stack_info
    return message, {"logger": record.name, **fields}


def _is_of_runtime(formatter: logging.Formatter | None) -> bool:
    if type(formatter) is logging.Formatter:
        return (formatter._fmt or "").startswith("[%(levelname)s]\t%(asctime)s")
    return type(formatter).__module__.partition(".")[0] == "awslambdaric"


def _process_failed(_: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    log.fatal("the process ends by an error that nobody caught", exc_info=error.with_traceback(traceback))


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is not SystemExit:
        name = None if failed.thread is None else failed.thread.name
        log.error("a thread ended by an error that nobody caught", thread=name, exc_info=failed.exc_value)


def _warned(  # noqa: PLR0917 - the standard library's
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if file is not None:
        file.write(warnings.formatwarning(message, category, filename, lineno, line))
        return
    fields = {"category": category.__name__, "file": filename, "line": lineno}
    logging.getLogger("py.warnings").warning("%s", message, extra=fields)
