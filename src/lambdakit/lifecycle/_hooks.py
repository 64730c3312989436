"""Hooks of a sandbox's life: before a snapshot, after a restore, and at its end.

See "Implement code before or after Lambda function snapshots" and "Lambda execution environment lifecycle" in the AWS
Lambda Developer Guide.
"""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from lambdakit import _callables
from lambdakit._configurable import called_at
from lambdakit._snapshots import after_restore as _register_after
from lambdakit._snapshots import before_snapshot as _register_before
from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

F = TypeVar("F", bound="Callable[[], object]")

_log = logging.getLogger("lambdakit.lifecycle")

_at_the_end: list[Callable[[], object]] = []
_handled_before: list[Any] = []
"""What handled SIGTERM before `on_shutdown` did, once it does."""


def before_snapshot(function: F, /) -> F:
    """Call a function before SnapStart takes the snapshot: close what must not be in it, load what should.

    A decorator for functions without parameters. They are called in reverse order of their registration. Without
    SnapStart they are never called.

    Raises:
        OptionError: It is no plain function without parameters.
    """
    _check("before_snapshot", function)
    _register_before(function)
    return function


def after_restore(function: F, /) -> F:
    """Call a function in each sandbox that is restored from the snapshot, before its first invocation.

    A decorator for functions without parameters. They are called in the order of their registration. lambdakit itself
    renews, where it made them: connections of clients, exporters of spans, and the state of the `random` module. What
    you made at import of random numbers, ids, connections or times is yours to renew here.

    Raises:
        OptionError: It is no plain function without parameters.
    """
    _check("after_restore", function)
    _register_after(function)
    return function


def on_shutdown(function: F, /) -> F:
    """Call a function when the sandbox ends, if Lambda says so: never rely on it.

    A decorator for functions without parameters, called in reverse order of their registration. Lambda sends SIGTERM
    only to functions that have an extension, and leaves some 300 milliseconds; a sandbox that is killed sends nothing.
    After the functions, whatever handled SIGTERM before goes on, and by default the process ends.

    Raises:
        OptionError: It is no plain function without parameters, or this is not the main thread.
    """
    _check("on_shutdown", function)
    if not _handled_before:
        if threading.current_thread() is not threading.main_thread():
            msg = f"{called_at('on_shutdown')} belongs in the main thread, at import: only there signals can be handled"
            raise OptionError(msg)
        _handled_before.append(signal.signal(signal.SIGTERM, _end))
    _at_the_end.append(function)
    return function


def _end(number: int, frame: FrameType | None) -> None:
    while _at_the_end:
        function = _at_the_end.pop()
        try:
            function()
        except Exception:  # noqa: BLE001 - the others have their turn
            _log.exception("%s failed at shutdown", _callables.where(function))
    (handler,) = _handled_before
    if callable(handler):
        handler(number, frame)
    elif handler != signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


def _check(name: str, function: object) -> None:
    problem = _callables.misfit(function, arguments="")
    if problem is None and _callables.is_async(function):
        problem = "is async, and must be plain"
    if problem:
        msg = f"{called_at(name)} takes a function without parameters; {_callables.where(function)} {problem}"
        raise OptionError(msg)
