"""The logger: as structlog's bound logger, without structlog, which takes longer to load than all else here."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any, cast

from ._errors import error_in
from ._levels import DEBUG, ERROR, FATAL, INFO, WARN, name_of
from ._line import interpolated, lowest_level
from ._output import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Self

    from structlog.typing import FilteringBoundLogger, Processor


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


class Logger:
    """A bound logger with the methods of structlog's `FilteringBoundLogger`.

    It differs in that the lowest level is looked up at each call, since it belongs to the invocation; in that a field
    may have any name, `event` included; in that a message that its arguments do not fit is written all the same; and in
    that the async methods write at once, and not in a thread: a line must be out before the sandbox is frozen.

    Args:
        logger: The name that was asked for, as in `structlog.get_logger("orders")`, or None.
        processors: Those of structlog's, where it makes this logger.
        context: Fields of this logger.
    """

    def __init__(self, logger: str | None, processors: Iterable[Processor], context: dict[str, Any]) -> None:
        self._logger = logger
        self._processors = processors
        self._context = context

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
        """Whether something would be made of a line of this level here."""
        return level >= lowest_level()

    def get_effective_level(self) -> int:
        """The lowest level that something is made of here."""
        return lowest_level()

    def bind(self, /, **new_values: Any) -> Self:
        """The same logger with more fields."""
        return type(self)(self._logger, self._processors, {**self._context, **new_values})

    def unbind(self, /, *keys: str) -> Self:
        """The same logger without some fields.

        Raises:
            KeyError: It has no such field.
        """
        made = self.bind()
        for key in keys:
            del made._context[key]
        return made

    def try_unbind(self, /, *keys: str) -> Self:
        """The same logger without some fields, if it has them."""
        made = self.bind()
        for key in keys:
            made._context.pop(key, None)
        return made

    def new(self, /, **new_values: Any) -> Self:
        """A logger with these fields, and no others."""
        return type(self)(self._logger, self._processors, new_values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Logger) and (self._logger, self._context) == (other._logger, other._context)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(context={self._context!r})>"

    def _emit(self, level: int, event: object, args: tuple[object, ...], given: dict[str, object]) -> None:
        error = error_in(given.pop("exc_info", None))
        fields: Any = {**self._context, **given}
        if args:
            event, left = interpolated(event, args)
            fields.update(left)
        if fields.pop("stack_info", False):
            fields["stack"] = _stack()
        for process in self._processors:
            fields = process(self._logger, name_of(level).lower(), fields)
        if self._logger is not None:
            fields = {"logger": self._logger, **fields}
        emit(level, event, fields, error)


def _stack() -> str:
    """The calls that lead to the line, without those in here."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
    return "".join(["Stack (most recent call last):\n", *traceback.format_stack(frame)]).rstrip("\n")


log = cast("FilteringBoundLogger", Logger(None, (), {}))
"""The logger: `log.info("charging", total=order.total)` writes one line.

A `structlog.typing.FilteringBoundLogger`, to be called with a message and any fields; `log.bind(...)` gives one that
has fields of its own. It needs no configuration, and it works anywhere: at import, in tests, in any function that a
handler calls. Under `logged` its lines tell the invocation, too.
"""
