"""`deadline`: an error in time, in place of a time-out that leaves no trace."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._configurable import ConfigurableMiddleware, called_at
from lambdakit._core import Bound
from lambdakit._interrupts import OutOfTime
from lambdakit._invocation import invocation
from lambdakit._middleware import Middleware
from lambdakit.errors import DeadlineExceededError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit._core import Handler, Next


@ConfigurableMiddleware
def deadline(*, margin: float = 1.0, answer: Callable[[Any], object] | None = None) -> Middleware:
    """End the handler before Lambda does, so that logs, metrics, spans and claims are finished.

    When a function times out, Lambda kills the sandbox: buffered logs and spans are lost, metrics are not written, and
    claims hold until their locks end. With this decorator the handler is interrupted a margin earlier. What is around
    sees a `DeadlineExceededError`, or the answer that you give; what is beneath is unwound: `finally` blocks run, a
    claim of `idempotent` is released. It belongs below `logged`, `measured` and `traced`, and above `idempotent`.

    A plain handler is interrupted by a timer signal, an async one is cancelled. The interruption is no `Exception`, so
    that code which catches those and tries again does not swallow it. It waits for steps of idempotency stores that are
    under way.

    Args:
        margin: Seconds before Lambda's own time-out: as long as what is around needs to finish.
        answer: Takes the event, and gives what is answered in time in place of the error: `{"statusCode": 503}`.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        DeadlineExceededError: The time is up.
        DeadlineError: A plain handler was called in another thread than the main one, or the signal SIGALRM is in use.

    Limitations:
        It cannot interrupt C code that does not come back to the interpreter, such as one long call of a numerical
        library; nor an async handler that blocks its loop; nor threads that a plain handler has started. Code that
        catches `BaseException` and goes on is not interrupted a second time. Code beneath that uses SIGALRM for itself
        takes the timer away. Under a context with no time limit, or None, nothing happens.
    """
    problem = None
    given: object = margin
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= margin < inf:
        problem = f"margin is 0 seconds or more, not {margin!r}"
    elif answer is not None and (misfit := _callables.misfit(answer, arguments="event")):
        problem = f"answer is a function of the event; {_callables.where(answer)} {misfit}"
    elif answer is not None and _callables.is_async(answer):
        problem = f"answer is a plain function; {_callables.where(answer)} is async"
    if problem:
        msg = f"{called_at('deadline')}: {problem}"
        raise OptionError(msg)

    def fit(handler: Handler[Any, Any]) -> Bound:
        where, run = _callables.where(handler.function), _on_the_loop if handler.is_async else _in_this_thread

        async def layer(event: Any, call_next: Next[Any, Any]) -> Any:
            seconds = invocation.get()[0].remaining - margin
            if seconds == inf:
                return await call_next(event)
            if seconds > 0:
                finished, result = await run(event, call_next, seconds)
                if finished:
                    return result
                happened, cause = f"was interrupted {margin:g} s before its time-out", result
            else:
                happened, cause = f"was not started, with {margin:g} s or less left until its time-out", None
            if answer is not None:
                return answer(event)
            msg = f"{where} {happened}"
            raise DeadlineExceededError(msg) from cause

        return Bound(layer, "deadline")

    return Middleware(fit)


async def _in_this_thread(event: Any, call_next: Next[Any, Any], seconds: float) -> tuple[bool, Any]:
    """Run the rest of the chain; give whether it ended in time, and its result, or the error that it made of that."""
    from ._alarm import Alarm  # noqa: PLC0415 - only plain handlers need it

    alarm = Alarm(seconds)
    try:
        with alarm:
            return True, await call_next(event)
    except OutOfTime as reason:
        if reason is not alarm.reason:
            raise
    except Exception as error:
        if not alarm.reason.is_on_its_way:
            raise
        return False, error
    return False, None


async def _on_the_loop(event: Any, call_next: Next[Any, Any], seconds: float) -> tuple[bool, Any]:
    """Run the rest of the chain; give whether it ended in time, and its result, or the error that it made of that."""
    from asyncio import CancelledError, timeout  # noqa: PLC0415 - who awaits this has loaded it

    limit = timeout(seconds)
    try:
        async with limit:
            return True, await call_next(event)
    except Exception as error:
        if not limit.expired():
            raise
        is_ours = isinstance(error, TimeoutError) and isinstance(error.__cause__, CancelledError)
        return False, None if is_ours else error
