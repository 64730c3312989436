"""An alarm that interrupts plain code: a timer signal in the main thread."""

from __future__ import annotations

import signal
import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING

from lambdakit._interrupts import OutOfTime, put_away, take_back
from lambdakit.errors import DeadlineError

if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Self

_OVERDUE = 1e-6  # seconds: a timer of 0 is none
_AGAIN = 0.005  # seconds until an alarm that came at a bad moment goes off again
_LOOKS = 20  # at bad moments; whoever waits there for so long is no longer in the middle of something

_UNBREAKABLE = frozenset(("lambdakit._interrupts", "lambdakit.lifecycle._alarm", "lambdakit.lifecycle._deadline"))
"""Modules that wait for nothing, and in which nothing may be raised: a result that is there would be lost."""

_LOCKING = frozenset(("logging", "threading"))
"""Modules that hold locks from one line to the next."""


class Alarm:
    """Raises `OutOfTime` in a block that takes too long. Alarms may be nested.

    It interrupts Python code, sleeping, and waiting for a network or a lock; not a call into C code that does not come
    back to the interpreter. Where lambdakit's own code runs, or other code that holds locks, it lets that go on first,
    for a tenth of a second: a claim that was just made must reach the block that releases it.

    Args:
        seconds: From the start of the block; more than 0.

    Attributes:
        reason: What it raises, by which it is told from others.

    Raises:
        DeadlineError: This is not the main thread, or somebody else uses the timer signal.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._looks = 0
        self.at = 0.0
        self.reason = OutOfTime()

    def __enter__(self) -> Self:
        _prepare()
        self.at = monotonic() + self._seconds
        _set.append(self)
        _set_timer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _set.remove(self)
        take_back(self.reason)
        _set_timer()

    def go_off(self, frame: FrameType | None) -> None:
        """Raise what it is for, in this frame, unless the moment is bad: then it is to go off again."""
        if put_away(self.reason):
            self._looks = 0
            return
        self._looks += 1
        if _is_bad_moment(frame, patient=self._looks <= _LOOKS):
            return
        self.reason.is_on_its_way = True
        _set_timer()
        raise self.reason


_set: list[Alarm] = []
"""Those whose blocks are under way; the innermost last."""


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


def _waiting() -> list[Alarm]:
    """Those that may still go off. What is inside one that has gone off ends with it."""
    waiting: list[Alarm] = []
    for alarm in _set:
        if alarm.reason.is_on_its_way:
            break
        waiting.append(alarm)
    return waiting


def _set_timer() -> None:
    first = min((alarm.at for alarm in _waiting()), default=None)
    signal.setitimer(signal.ITIMER_REAL, 0 if first is None else max(_OVERDUE, first - monotonic()))


def _go_off(_signal: int, frame: FrameType | None) -> None:
    now = monotonic()
    for alarm in _waiting():  # the outermost first
        if alarm.at <= now:
            alarm.go_off(frame)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
            return
    _set_timer()  # it came early, by the difference of two clocks


def _is_bad_moment(frame: FrameType | None, *, patient: bool) -> bool:
    module = _module(frame)
    if module in _UNBREAKABLE:
        return True
    return patient and (module in _LOCKING or _is_ours(frame) or _is_finalizing(frame))


def _is_ours(frame: FrameType | None) -> bool:
    """Whether lambdakit's own code runs, or the standard library for it."""
    while frame is not None and _module(frame).partition(".")[0] in sys.stdlib_module_names:
        frame = frame.f_back
    return _module(frame).startswith("lambdakit.")


def _is_finalizing(frame: FrameType | None) -> bool:
    """Whether a `__del__` runs: Python prints what is raised there, and goes on."""
    while frame is not None and frame.f_code.co_name != "__del__":
        frame = frame.f_back
    return frame is not None


def _module(frame: FrameType | None) -> str:
    name: object = frame.f_globals.get("__name__") if frame is not None else None
    return name if isinstance(name, str) else ""
