"""The event loop under async handlers: one for the life of the process, so that pooled connections stay usable."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from . import _callables
from ._core import cancelled
from ._invocation import OUTSIDE, invocation
from .errors import RunningLoopError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from contextvars import Context as ContextVars

    from ._core import Handler
    from ._invocation import Context

T = TypeVar("T")

_CANCEL_WAIT = 1.0  # seconds that tasks left behind get to end once they are cancelled

_spawned: ContextVar[WeakSet[asyncio.Task[Any]] | None] = ContextVar("lambdakit_spawned", default=None)
"""The tasks that the invocation under way has started, itself or through others."""


class _KeptLoop:
    """A loop that is made at first use and then kept. A second thread that needs it meanwhile gets one of its own."""

    def __init__(self) -> None:
        self._free = threading.Lock()
        self._runner: asyncio.Runner | None = None

    def run(self, coroutine: Coroutine[Any, Any, T], context: ContextVars) -> T:
        if not self._free.acquire(blocking=False):
            with asyncio.Runner() as runner:
                return _run_on(runner, coroutine, context)
        try:
            if self._runner is None:
                self._runner = asyncio.Runner()
            return _run_on(self._runner, coroutine, context)
        finally:
            self._free.release()

    def forget(self) -> None:
        """After a fork the loop is the parent's, down to its file descriptors: never touch it, not even to close it."""
        self._parents = self._runner
        self._runner = None
        self._free = threading.Lock()

    def close(self) -> None:
        """At the end of the process. Not runner.close(), which starts a thread; none can be started any more then."""
        if self._runner is not None:
            loop = self._runner.get_loop()
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


_kept = _KeptLoop()
os.register_at_fork(after_in_child=_kept.forget)
atexit.register(_kept.close)


def run(handler: Handler[Any, Any], event: object, context: Context | None, isolated: ContextVars) -> Any:
    """Run an async handler from outside any loop, and end what it left running.

    Raises:
        RunningLoopError: A loop runs in this thread.
        HandlerCancelledError: The handler was cancelled from inside, and no other handler is around it.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        msg = (
            f"{_callables.where(handler.function)} is async, and was called as a function where an event loop runs. "
            "Write `await handler.acall(event, context)` there."
        )
        raise RunningLoopError(msg)
    outermost = invocation.get() is OUTSIDE
    try:
        return _kept.run(_to_its_end(isolated.run(handler._start, event, context)), isolated)
    except asyncio.CancelledError as error:
        if outermost:
            raise cancelled(handler) from error
        raise


def _run_on(runner: asyncio.Runner, coroutine: Coroutine[Any, Any, T], context: ContextVars) -> T:
    # Not runner.run(): it takes over SIGINT each time, which costs more than all the rest and is the caller's business.
    loop = runner.get_loop()
    if loop.get_task_factory() is None:
        loop.set_task_factory(_start_task)
    return loop.run_until_complete(loop.create_task(coroutine, context=context))


def _start_task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **options: Any
) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
    context: ContextVars | None = options.get("context")
    spawned = _spawned.get() if context is None else context.get(_spawned)
    if spawned is not None:
        spawned.add(task)
    return task


async def _to_its_end(chain: Coroutine[Any, Any, T]) -> T:
    """Run the chain; then cancel the tasks that it left, since the sandbox may be frozen in the middle of them.

    Tasks that were started in another context, by a pool that was made at import, say, go on.
    """
    spawned: WeakSet[asyncio.Task[Any]] = WeakSet()
    _spawned.set(spawned)
    try:
        return await chain
    finally:
        if left := [task for task in spawned if not task.done()]:
            await _cancel(left)


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    log = logging.getLogger("lambdakit")
    log.warning(
        "cancelled %d task(s) that the handler left running: await them, or the work is lost when the sandbox is "
        "frozen (%s)",
        len(tasks),
        ", ".join(sorted({_callables.name_of(task.get_coro()) for task in tasks})),
    )
    for task in tasks:
        task.cancel()
    done, pending = await asyncio.wait(tasks, timeout=_CANCEL_WAIT)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task that the handler left running failed", exc_info=error)
    if pending:
        log.error("%d task(s) would not be cancelled, and still run", len(pending))
