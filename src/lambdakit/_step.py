"""Running a chain of layers: with no event loop under a plain function, on one under an async function."""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from . import _callables
from ._invocation import invocation, is_stepped
from .errors import HandlerError, SuspendedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import CodeType, TracebackType
    from typing import ParamSpec

    P = ParamSpec("P")

R = TypeVar("R")

_COROUTINE = 0x80  # in co_flags

DONE = object()
"""`next(coroutine.__await__(), DONE) is DONE` does what `step` does, in half the time, where nobody wants the result:
no StopIteration has to carry it. What `next` gives instead goes to `refuse_to_suspend`, an error to `meant_by`."""


def step(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine that never suspends, with no event loop.

    Raises:
        SuspendedError: It awaited something that only an event loop can provide. The error is raised at that `await`,
            so that layers around it see it as they would see any other.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: R = stop.value
        return result
    except RuntimeError as error:
        meant = meant_by(error)
        if meant is error:
            raise
    else:
        return refuse_to_suspend(coroutine)
    raise meant  # out here, so that it does not drag its stand-in along as context


async def blocking(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that blocks, from a middleware that serves plain and async handlers alike.

    Under a plain handler it is called right here. Under an async handler it runs in a thread, with a copy of the
    context, so that `current()` and bound log fields are there too.

    Args:
        function: Any function; in a thread it must be safe to run beside the event loop.
        *args: Its arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What it returns; what it raises comes through.

    Limitations:
        A thread cannot be stopped: when the await is cancelled, the function still runs to its end.
    """
    if is_stepped():
        return function(*args, **kwargs)
    from asyncio import to_thread  # noqa: PLC0415 - asyncio costs a plain handler 30 ms, and it needs none

    return await to_thread(function, *args, **kwargs)


def plain_end(function: Callable[[Any, Any], object]) -> Callable[[Any], Coroutine[Any, Any, object]]:
    """The end of a chain: call the user's plain function."""
    seen = invocation.get

    async def call(event: object) -> object:
        result = function(event, seen()[0]._context)
        if result is not None and type(result) is CoroutineType:
            refuse_coroutine(function, result)
        return result

    return call


_END = plain_end(print).__code__
"""By this code object, a traceback tells what the user's function raised from what a layer did."""


def refuse_coroutine(function: object, coroutine: Coroutine[Any, Any, object]) -> NoReturn:
    """Raise, since a plain function gave a coroutine, which nothing here can run."""
    coroutine.close()
    msg = (
        f"{_callables.where(function)} looks like a plain function but gave a coroutine. Make it `async def`; if "
        "it wraps an async function, use functools.wraps, so that this can be seen at import."
    )
    raise HandlerError(msg)


def refuse_to_suspend(coroutine: Coroutine[Any, Any, R]) -> R:
    """Raise at the `await` that suspended, so that every layer around it can finish its work."""
    error = SuspendedError(_what_awaited(coroutine))
    try:
        coroutine.throw(error)
    except StopIteration as stop:  # a layer dealt with it
        result: R = stop.value
        return result
    try:
        coroutine.close()
    except RuntimeError:  # it awaits even while it is being closed
        pass
    raise error


def _what_awaited(coroutine: Coroutine[Any, Any, object]) -> str:
    chain: list[tuple[CodeType, int]] = []
    awaiting: Any = coroutine
    while hasattr(awaiting, "cr_await"):
        if awaiting.cr_frame is not None:
            chain.append((awaiting.cr_frame.f_code, awaiting.cr_frame.f_lineno))
        awaiting = awaiting.cr_await
    return _needs_a_loop(chain)


def _needs_a_loop(chain: list[tuple[CodeType, int]]) -> str:
    # The innermost one that is not asyncio's own: `asyncio.sleep` would be no help to anyone.
    code, line = next((link for link in reversed(chain) if "asyncio" not in link[0].co_filename), chain[-1])
    return (
        f"{code.co_qualname} ({code.co_filename}, line {line}) awaited something that needs an event loop, and the "
        "handler is a plain function, so there is none. Make the handler `async def`; or, in a layer that only has to "
        "call something that blocks, `await blocking(function, ...)`."
    )


def meant_by(error: Exception) -> Exception:
    """What the code meant to raise, where Python had to put a RuntimeError in its place."""
    if not isinstance(error, RuntimeError):
        return error
    if isinstance(error.__cause__, StopIteration) and str(error) == "coroutine raised StopIteration":
        return error.__cause__
    if str(error) == "no running event loop" and (layers := _layers_in(error.__traceback__)):
        suspended = SuspendedError(_needs_a_loop(layers))
        suspended.__cause__ = error
        return suspended
    return error


def _layers_in(traceback: TracebackType | None) -> list[tuple[CodeType, int]]:
    """The coroutines that an error came through; none if it came through the user's function."""
    chain: list[tuple[CodeType, int]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code is _END:
            return []
        if code.co_flags & _COROUTINE:
            chain.append((code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return chain
