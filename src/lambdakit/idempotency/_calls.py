"""How a step that blocks is called, under plain functions and under async ones; and how long a pause is made."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from lambdakit._interrupts import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Call(Protocol):
    """Calls a step to its end."""

    async def __call__(
        self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, BaseException | None]:
        """Give what the step returns, and the cancellation that came meanwhile, for the caller to raise."""
        ...


async def here(step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, BaseException | None]:
    """Call a step right here; a deadline waits until it is done, so that its outcome is known."""
    with undisturbed() as block:
        result = step(*args, **kwargs)
    return result, block.interrupt


async def in_a_thread(step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, BaseException | None]:
    """Call a step in a thread; a cancellation waits until it is done, so that its outcome is known."""
    import asyncio  # noqa: PLC0415 - who awaits this has loaded it

    task = asyncio.ensure_future(asyncio.to_thread(step, *args, **kwargs))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None and (failed := task.exception()) is not None:
        raise cancelled from failed
    return task.result(), cancelled


async def pause_here(seconds: float) -> None:
    """Make a pause in this thread."""
    time.sleep(seconds)  # noqa: ASYNC251 - no loop runs here


async def pause_in_the_loop(seconds: float) -> None:
    """Make a pause in which the event loop does other things."""
    import asyncio  # noqa: PLC0415 - as in_a_thread

    await asyncio.sleep(seconds)
