"""Lines for people: with colours, and without what stays the same from line to line."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, TextIO

from lambdakit import _env

from ._values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structlog.dev import ConsoleRenderer

_STYLES = {"TRACE": "debug", "FATAL": "critical"}


def is_for_people(stream: TextIO) -> bool:
    """Whether what is written to a stream is read as it is: it is a terminal, and this is no Lambda runtime."""
    return stream.isatty() and not _env.in_lambda() and _env.lambda_log_format().upper() != "JSON"


def render(
    level: str, message: object, fields: Mapping[str, object], error: BaseException | None, seconds: float
) -> str:
    """One line, and the traceback of the error below it."""
    clock = datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")
    shown = {name: _shown(value) for name, value in fields.items()}
    entry = {**shown, "timestamp": clock, "level": _STYLES.get(level, level.lower()), "message": str(message)}
    if error is not None:
        entry["exc_info"] = error
    return str(_renderer()(None, "", entry))


def _shown(value: object) -> object:
    try:
        repr(value)  # as the renderer will do, but for strings
    except Exception:  # noqa: BLE001 - anyone's code
        return to_json(value)
    return value


@cache
def _renderer() -> ConsoleRenderer:
    from structlog.dev import ConsoleRenderer, plain_traceback  # noqa: PLC0415

    return ConsoleRenderer(
        colors=not _env.no_color(), event_key="message", exception_formatter=plain_traceback, sort_keys=False
    )
