"""What ends a handler from inside, and is no error: the deadline, and asyncio's cancellation."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class OutOfTime(BaseException):
    """The deadline has come: raised in the handler, and turned into an ordinary error by the layer that set it.

    It is no `Exception`, so that loops in users' code that try again do not swallow it.
    """


def is_cancellation(error: BaseException) -> bool:
    """Whether it is `asyncio.CancelledError`; asyncio itself costs 30 ms to import."""
    kind = type(error)
    return kind.__name__ == "CancelledError" and kind.__module__ == "asyncio.exceptions"


class _OfThisThread(threading.local):
    depth = 0
    waiting: OutOfTime | None = None


_here = _OfThisThread()


class undisturbed:  # noqa: N801 - used as a statement
    """A block that a deadline does not break off: a step of a store, whose outcome must be known, or a flush.

    Attributes:
        interrupt: After the block: what came meanwhile, for the caller to raise when it has done what it must.
    """

    __slots__ = ("interrupt",)

    def __init__(self) -> None:
        self.interrupt: OutOfTime | None = None

    def __enter__(self) -> Self:
        _here.depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _here.depth -= 1
        if _here.depth == 0:
            self.interrupt, _here.waiting = _here.waiting, None


def interrupt(reason: OutOfTime) -> None:
    """Raise it here and now; or at the end of the undisturbed block that is under way in this thread."""
    if _here.depth:
        _here.waiting = reason
    else:
        raise reason
