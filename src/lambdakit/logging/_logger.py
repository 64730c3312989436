"""The logger: structlog's bound logger, writing the lines of this package."""

from __future__ import annotations

import re
import sys
import time
from json import dumps
from typing import TYPE_CHECKING, Any, cast

from structlog import BoundLoggerBase
from structlog.processors import StackInfoRenderer

from . import _terminal
from ._errors import error_in
from ._levels import DEBUG, ERROR, FATAL, INFO, WARN, name_of
from ._line import as_json, interpolated, line_fields, lowest_level

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from structlog.typing import FilteringBoundLogger

_add_stack = StackInfoRenderer(additional_ignores=[str(__package__)])


class Output:
    """Where lines go: to what is standard output at that moment, each in one write.

    Args:
        name: The name that was asked for, as in `structlog.get_logger("orders")`.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def write(self, level: int, message: object, fields: Mapping[str, object], error: BaseException | None) -> None:
        """Write one line."""
        stream = sys.stdout
        if self.name is not None:
            fields = {"logger": self.name, **fields}
        if _terminal.is_for_people(stream):
            text = _terminal.render(name_of(level), message, line_fields(fields, error), error, time.time())
        else:
            text = as_json(name_of(level), message, fields, error, time.time())
        try:
            stream.write(f"{text}\n")
        except UnicodeEncodeError:  # an encoding that is not UTF-8
            stream.write(re.sub(r"[^\x00-\x7f]+", lambda found: dumps(found[0])[1:-1], f"{text}\n"))
        stream.flush()


def _method(level: int, *, exc_info: bool = False) -> Callable[..., None]:
    def method(self: Logger, event: object, /, *args: object, **fields: object) -> None:
        if level >= lowest_level():
            self._emit(level, event, args, {"exc_info": True, **fields} if exc_info else fields)

    return method


def _async_method(level: int, *, exc_info: bool = False) -> Callable[..., Coroutine[Any, Any, None]]:
    write = _method(level, exc_info=exc_info)

    async def method(self: Logger, event: object, /, *args: object, **fields: object) -> None:
        write(self, event, *args, **fields)

    return method


class Logger(BoundLoggerBase):
    """A bound logger of structlog's, with the methods of its `FilteringBoundLogger`.

    It differs in that the lowest level is looked up at each call, since it belongs to the invocation; in that a field
    may have any name, `event` included; in that a message that its arguments do not fit is written all the same; and in
    that the async methods write at once, and not in a thread: a line must be out before the sandbox is frozen.
    """

    _logger: Output

    debug = _method(DEBUG)
    info = msg = _method(INFO)
    warning = warn = _method(WARN)
    error = err = _method(ERROR)
    exception = _method(ERROR, exc_info=True)
    critical = fatal = _method(FATAL)
    adebug = _async_method(DEBUG)
    ainfo = amsg = _async_method(INFO)
    awarning = awarn = _async_method(WARN)
    aerror = _async_method(ERROR)
    aexception = _async_method(ERROR, exc_info=True)
    acritical = afatal = _async_method(FATAL)

    def log(self, level: int, event: object, /, *args: object, **fields: object) -> None:
        """Write a line at a level that is given by its number."""
        if level >= lowest_level():
            self._emit(level, event, args, fields)

    async def alog(self, level: int, event: object, /, *args: object, **fields: object) -> None:
        """Write a line at a level that is given by its number."""
        self.log(level, event, *args, **fields)

    def is_enabled_for(self, level: int) -> bool:
        """Whether a line of this level would be written here."""
        return level >= lowest_level()

    def get_effective_level(self) -> int:
        """The lowest level that is written here."""
        return lowest_level()

    def _emit(self, level: int, event: object, args: tuple[object, ...], given: dict[str, object]) -> None:
        error = error_in(given.pop("exc_info", None))
        fields: Any = {**self._context, **given}
        if args:
            event, left = interpolated(event, args)
            fields.update(left)
        if fields.pop("stack_info", False):
            fields = _add_stack(None, "", {**fields, "stack_info": True})
        for process in self._processors:
            fields = process(self._logger, name_of(level).lower(), fields)
        self._logger.write(level, event, fields, error)


log = cast("FilteringBoundLogger", Logger(Output(), [], {}))
"""The logger: `log.info("charging", total=order.total)` writes one line.

A `structlog.typing.FilteringBoundLogger`, to be called with a message and any fields; `log.bind(...)` gives one that
has fields of its own. It needs no configuration, and it works anywhere: at import, in tests, in any function that a
handler calls. Under `logged` its lines tell the invocation, too.
"""
