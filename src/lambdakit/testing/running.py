"""Calling a handler as Lambda does: the event comes from JSON, and the result goes into JSON."""

from __future__ import annotations

import os
from contextlib import contextmanager
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._core import Handler
from lambdakit.errors import EncodeError, RunningLoopError

from .context import FakeContext
from .encoding import answered, delivered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdakit import Context

_TRACE = "_X_AMZN_TRACE_ID"


def run(handler: Callable[[Any, Any], object], event: object, context: Context | None = None) -> Any:
    """Call a handler as Lambda does.

    The handler gets the event as JSON decodes it, so nothing that it does to it reaches the test's own; and the result
    is what the caller of the function gets. AWS's rules hold: a tuple is a list, a Decimal is a number, keys are str,
    bytes are returned as they are.

    Args:
        handler: A handler, plain or async; or a plain function.
        event: A JSON value, such as `lambdakit.testing.events` builds; or JSON itself, as str or bytes.
        context: The context; by default a new `FakeContext`. If it has a `trace_header`, that is in the environment
            while the handler runs.

    Returns:
        The result, decoded: `Any`, as from `json.loads`, since a test looks into it.

    Raises:
        EncodeError: The event is not JSON, or Lambda could not encode the result: where in it, and why; or the handler
            is a bare `async def`, which Lambda does not await.
        EventError: The event is a str or bytes, but not JSON.
        RunningLoopError: The handler is async, and an event loop runs here already: await `arun` instead.
        Exception: Whatever the handler raises.

    Limitations:
        The process is this one, and time does not run out. `LocalRuntime` has a process, a time limit, and AWS's own
        runtime client.
    """
    context = FakeContext() if context is None else context
    with _traced_as(context):
        try:
            result = handler(delivered(event), context)
        except RunningLoopError as error:
            error.add_note("In an async test: await arun(handler, event), from lambdakit.testing.")
            raise
    return answered(_not_a_coroutine(handler, result))


async def arun(handler: Callable[[Any, Any], object], event: object, context: Context | None = None) -> Any:
    """Call a handler as Lambda does, on the event loop that runs here: `run` for async tests.

    Args:
        handler: As for `run`.
        event: As for `run`.
        context: As for `run`.

    Returns:
        The result, as for `run`.

    Raises:
        EncodeError: As for `run`.
        EventError: As for `run`.
        Exception: Whatever the handler raises.
    """
    context = FakeContext() if context is None else context
    with _traced_as(context):
        if isinstance(handler, Handler):
            result = await handler.acall(delivered(event), context)
        else:
            result = handler(delivered(event), context)
    return answered(_not_a_coroutine(handler, result))


def _not_a_coroutine(handler: object, result: object) -> object:
    if isinstance(result, CoroutineType):
        result.close()
        msg = (
            "Runtime.MarshalError: Unable to marshal response: Object of type coroutine is not JSON serializable. "
            f"Lambda does not await {_callables.where(handler)}; any decorator of lambdakit on it does."
        )
        raise EncodeError(msg)
    return result


@contextmanager
def _traced_as(context: Context) -> Iterator[None]:
    header = getattr(context, "trace_header", None)
    if header is None:
        yield
        return
    before = os.environ.get(_TRACE)
    os.environ[_TRACE] = header
    try:
        yield
    finally:
        if before is None:
            del os.environ[_TRACE]
        else:
            os.environ[_TRACE] = before
