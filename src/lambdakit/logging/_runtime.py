"""In a Lambda runtime, the lines of others are carried along: those of structlog's own loggers and of `logging`."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from ._errors import error_in
from ._levels import DEBUG, FATAL, least, name_of
from ._line import as_json
from ._logger import Logger, Output

_processors: list[Any] = [structlog.contextvars.merge_contextvars]
"""Of `structlog.get_logger()`; that it is this very list tells our configuration from a user's."""

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


def carry_along(level: int) -> None:
    """Make structlog's loggers and those of the standard library write the lines that `log` writes.

    What the user has configured is left alone: all of it, if structlog is configured by then; else the root logger's
    handler, if it is not the runtime's or has another formatter, and its level, if it is not the one the runtime set.

    Args:
        level: The lowest level that is written.
    """
    if not structlog.is_configured():
        structlog.configure(processors=_processors, wrapper_class=Logger, logger_factory=_output)
    elif structlog.get_config()["processors"] is not _processors:
        return
    root = logging.getLogger()
    for handler in root.handlers:
        if type(handler).__name__.startswith("LambdaLoggerHandler") and _is_of_runtime(handler.formatter):
            handler.setFormatter(LineFormatter(handler.formatter))
            if root.level in {logging.WARNING, max(DEBUG, least(None))}:
                root.setLevel(level)


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
        fields = {name: value for name, value in record.__dict__.items() if name not in _ATTRIBUTES}
        message: object = record.msg
        if record.args or not isinstance(message, dict):
            try:
                message = record.getMessage()
            except Exception:  # noqa: BLE001 - arguments that do not fit, or that cannot be shown
                fields["args"] = record.args
        if record.stack_info:
            fields["stack"] = record.stack_info
        error = error_in(record.exc_info)
        line = as_json(name_of(record.levelno), message, {"logger": record.name, **fields}, error, record.created)
        return f"{line}\n"


def _is_of_runtime(formatter: logging.Formatter | None) -> bool:
    if type(formatter) is logging.Formatter:
        return (formatter._fmt or "").startswith("[%(levelname)s]\t%(asctime)s")
    return type(formatter).__module__.partition(".")[0] == "awslambdaric"


def _output(*names: object) -> Output:
    return Output(str(names[0]) if names else None)
