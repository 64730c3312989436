"""What a test has logged, as objects."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, overload

from lambdakit.logging import _structlog
from lambdakit.logging._errors import error_in
from lambdakit.logging._line import all_fields, lowest_level
from lambdakit.logging._output import Line, kept, line_of, listeners
from lambdakit.logging._runtime import told_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self


@dataclass(frozen=True, slots=True)
class CapturedLog:
    """One line that was logged.

    Attributes:
        level: Lambda's name of the level: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`.
        message: The message, with its arguments put in.
        fields: All other fields that the line has, by name: the values that were given, before they became JSON. Those
            of the invocation, the record and the trace are there, too; `logger` tells the name of a logger.
        exception: The exception that the line is about, if any.
        text: The line as Lambda would get it: JSON, redacted, with the names of the schema.
    """

    level: str
    message: object
    fields: Mapping[str, object]
    exception: BaseException | None
    text: str


class CapturedLogs(Sequence[CapturedLog]):
    """The lines that were written in a `with` block, in their order; the fixture `captured_logs` is one.

    Lines of `log`, of `structlog.get_logger()` and of the standard library's `logging` are captured, those below the
    level not: a test sees what Lambda would get. What `logged` keeps until an error is captured if it is written. The
    lines go where they would go anyhow, too. At the end of the block, structlog and `logging` are as they were.

    Limitations:
        A structlog that the test has configured is left alone, and its lines are not captured: see `structlog.testing`.
        The root logger lets everything through meanwhile, so other handlers of it get more than else.
    """

    def __init__(self) -> None:
        self._lines: list[CapturedLog] = []
        self._handler = _Handler(self._told)

    @property
    def messages(self) -> list[object]:
        """The messages, in their order."""
        return [line.message for line in self._lines]

    @overload
    def __getitem__(self, which: int) -> CapturedLog: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[CapturedLog]: ...
    def __getitem__(self, which: int | slice) -> CapturedLog | Sequence[CapturedLog]:
        """A line by its place."""
        return self._lines[which]

    def __len__(self) -> int:
        return len(self._lines)

    def __enter__(self) -> Self:
        structlog = sys.modules.get("structlog")
        self._configured = structlog is not None and not structlog.is_configured() and _structlog.configure()
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self._handler)
        root.setLevel(1)
        listeners.append(self._told)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        listeners.remove(self._told)
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level)
        if self._configured:
            sys.modules["structlog"].reset_defaults()

    def __repr__(self) -> str:
        return f"<CapturedLogs {self.messages}>"

    def _told(self, line: Line) -> None:
        self._lines.append(CapturedLog(line.level, line.message, dict(line.fields), line.error, line.text))


class _Handler(logging.Handler):
    """Tells of records as `logged` has them written in a Lambda runtime."""

    def __init__(self, tell: Callable[[Line], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < lowest_level():
            return

        def made() -> tuple[str, Callable[[], None]]:
            message, own = told_by(record)
            error = error_in(record.exc_info)
            line = line_of(record.levelno, message, all_fields(own, error), error, record.created)
            return line.text, partial(self._tell, line)

        if not kept(record.levelno, made):
            _, tell = made()
            tell()
