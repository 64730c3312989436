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

    Attributes:
        is_on_its_way: Whether it has been raised, or given to somebody who will raise it. That happens once.
    """

    is_on_its_way = False


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
        if _here.depth == 0 and (reason := _here.waiting) is not None:
            _here.waiting = None
            if error is None:  # else nobody looks at `interrupt`: the alarm goes off again
                reason.is_on_its_way = True
                self.interrupt = reason


def put_away(reason: OutOfTime) -> bool:
    """Leave it to the end of the undisturbed block that is under way in this thread; give whether there is one.

    Who calls this again while the block lasts has the last word.
    """
    if _here.depth == 0:
        return False
    _here.waiting = reason
    return True


def take_back(reason: OutOfTime) -> None:
    """What was put away is not raised any more: its block has ended, and nobody would know it."""
    if _here.waiting is reason:
        _here.waiting = None
