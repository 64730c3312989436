"""What ends a handler from inside, and is no error: the deadline, and asyncio's cancellation."""

from __future__ import annotations


class OutOfTime(BaseException):  # noqa: N818 - no Exception, so that loops in users' code that retry do not swallow it
    """The deadline has come; raised in the handler, and turned into an ordinary error by the layer that set it."""


def is_cancellation(error: BaseException) -> bool:
    """Whether it is `asyncio.CancelledError`; asyncio itself costs 30 ms to import."""
    kind = type(error)
    return kind.__name__ == "CancelledError" and kind.__module__ == "asyncio.exceptions"
