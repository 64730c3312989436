"""A value that an async factory makes: once for each event loop, since pools and sessions belong to one."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")


class LazyAwaitable(Generic[T]):
    """Awaited, it gives the value: `(await pool).acquire()`; any number of times, by any number of tasks.

    The factory runs in a task of its own, outside the invocation that happens to come first: tasks which it starts, and
    the pools that live in them, outlast that invocation, and nothing of its context sticks to them.
    """

    def __init__(self, name: str, factory: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self.name = name
        self._factory = factory
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[T]] = WeakKeyDictionary()
        self.fakes: list[T] = []
        """What stands in for the value in tests: the last one does."""

    def __await__(self) -> Generator[Any, None, T]:
        return self._get().__await__()

    async def _get(self) -> T:
        import asyncio  # noqa: PLC0415 - who awaits this has loaded it

        if self.fakes:
            return self.fakes[-1]
        loop = asyncio.get_running_loop()
        task = self._made.get(loop)
        if task is None:
            for other in [one for one in self._made if one.is_closed()]:
                del self._made[other]  # what was made there mostly holds its loop, which would stay for ever
            task = self._made[loop] = loop.create_task(self._factory(), context=Context())
        try:
            # Shielded: if one task that waits is cancelled, others still want the value.
            return await asyncio.shield(task)
        except BaseException:
            if task.done() and (task.cancelled() or task.exception() is not None) and self._made.get(loop) is task:
                del self._made[loop]  # the next one tries again
            raise

    def __repr__(self) -> str:
        return f"<{self.name}, to be awaited>"
