"""An alarm that interrupts plain code: a timer signal in the main thread."""

from __future__ import annotations

import signal
import threading
from time import monotonic
from typing import TYPE_CHECKING

from lambdakit._interrupts import OutOfTime, interrupt
from lambdakit.errors import DeadlineError

if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Self

_set: list[tuple[float, OutOfTime]] = []
"""When the alarms that are set go off, and what they raise; the innermost last."""

_OVERDUE = 1e-6  # seconds: a timer of 0 is none


class Alarm:
    """Raises `OutOfTime` in a block that takes too long. Alarms may be nested.

    It interrupts Python code, sleeping, and waiting for a network or a lock; not a call into C code that does not come
    back to the interpreter.

    Args:
        seconds: From the start of the block; more than 0.

    Attributes:
        reason: What it raises, by which it is told from others.

    Raises:
        DeadlineError: This is not the main thread, or somebody else uses the timer signal.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.reason = OutOfTime()

    def __enter__(self) -> Self:
        _prepare()
        _set.append((monotonic() + self._seconds, self.reason))
        _set_timer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _set[:] = [alarm for alarm in _set if alarm[1] is not self.reason]
        _set_timer()


def _prepare() -> None:
    if threading.current_thread() is not threading.main_thread():
        msg = (
            "@deadline interrupts a plain handler by a signal, which reaches the main thread only, and this is another "
            "thread. Lambda calls handlers in the main one. For a thread of your own leave @deadline away, or make the "
            "handler async."
        )
        raise DeadlineError(msg)
    handler = signal.getsignal(signal.SIGALRM)
    if handler is _go_off:
        return
    if handler not in (signal.SIG_DFL, signal.SIG_IGN, None):
        msg = f"@deadline needs the signal SIGALRM, and something else uses it: {handler!r}"
        raise DeadlineError(msg)
    signal.signal(signal.SIGALRM, _go_off)


def _set_timer() -> None:
    first = min((when for when, _ in _set), default=None)
    signal.setitimer(signal.ITIMER_REAL, 0 if first is None else max(_OVERDUE, first - monotonic()))


def _go_off(_signal: int, _frame: FrameType | None) -> None:
    now = monotonic()
    for alarm in _set:  # the outermost first: what is inside ends with it
        when, reason = alarm
        if when <= now:
            _set.remove(alarm)
            if _set:
                _set_timer()
            interrupt(reason)
            return
    if _set:
        _set_timer()  # it came early, by the difference of two clocks
