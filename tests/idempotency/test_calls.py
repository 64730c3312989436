"""Steps of a store under a cancelled task: their outcome is known before the cancellation goes on."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import idempotent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.idempotency.conftest import WatchedStore


def held(store: WatchedStore, step: str) -> tuple[threading.Event, threading.Event]:
    """Make a step of the store wait; give the events that tell that it has begun, and that let it go on."""
    begun, go_on = threading.Event(), threading.Event()
    real: Callable[..., Any] = getattr(store, step)

    def slow(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return real(*args, **kwargs)

    setattr(store, step, slow)
    return begun, go_on


async def cancelled_during(store: WatchedStore, step: str, calls: list[Any], *, times: int = 1) -> None:
    begun, go_on = held(store, step)

    @idempotent(store, key=lambda event: "1")
    async def handler(event: Any, context: Any) -> str:
        calls.append("ran")
        if event.get("fail"):
            raise ValueError
        return "done"

    task = asyncio.ensure_future(handler.acall({"fail": True} if step == "release" else {}, None))
    assert await asyncio.to_thread(begun.wait, 10)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(ValueError if step == "release" else asyncio.CancelledError):
        await task


@pytest.mark.parametrize("times", [1, 3])
def test_cancelled_during_the_claim_it_is_released_and_nothing_runs(
    store: WatchedStore, calls: list[Any], times: int
) -> None:
    asyncio.run(cancelled_during(store, "claim", calls, times=times))
    assert (calls, store.steps) == ([], ["claim", "release"])


def test_cancelled_during_completion_it_is_completed(store: WatchedStore, calls: list[Any]) -> None:
    asyncio.run(cancelled_during(store, "complete", calls))
    standing = store.find(store.keys[0])
    assert standing is not None
    assert standing.result == '"done"'


def test_cancelled_during_the_release_it_is_released(store: WatchedStore, calls: list[Any]) -> None:
    asyncio.run(cancelled_during(store, "release", calls))
    assert store.find(store.keys[0]) is None


def test_cancelled_during_a_claim_that_fails_nothing_runs(store: WatchedStore, calls: list[Any]) -> None:
    async def main() -> None:
        begun, go_on = held(store, "claim")
        store.fails["claim"] = ConnectionError()

        @idempotent(store, key=lambda event: "1", on_store_error="run")
        async def handler(event: Any, context: Any) -> None:
            calls.append("ran")

        task = asyncio.ensure_future(handler.acall({}, None))
        assert await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert calls == []


def test_a_timeout_around_the_handler_is_told_as_one(store: WatchedStore) -> None:
    async def main() -> None:
        begun, go_on = held(store, "claim")

        @idempotent(store, key=lambda event: "1")
        async def handler(event: Any, context: Any) -> None:
            raise AssertionError

        async def let_go() -> None:
            assert await asyncio.to_thread(begun.wait, 10)
            timeout.reschedule(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            go_on.set()

        with pytest.raises(TimeoutError):  # noqa: PT012
            async with asyncio.timeout(60) as timeout:
                helper = asyncio.create_task(let_go())
                await handler.acall({}, None)
        await helper

    asyncio.run(main())


def test_the_loop_goes_on_while_the_store_is_slow(store: WatchedStore) -> None:
    async def main() -> str:
        begun, go_on = held(store, "claim")

        @idempotent(store, key=lambda event: "1")
        async def handler(event: Any, context: Any) -> str:
            return "done"

        async def let_go() -> None:
            assert await asyncio.to_thread(begun.wait, 10)
            go_on.set()

        result, _ = await asyncio.gather(handler.acall({}, None), let_go())
        return result

    assert asyncio.run(main()) == "done"


def test_a_store_that_never_waits_is_called_with_no_thread() -> None:
    from lambdakit.stores import MemoryStore

    threads: list[Any] = []

    class Watched(MemoryStore):
        def claim(self, *args: Any, **kwargs: Any) -> Any:
            threads.append(threading.current_thread())
            return super().claim(*args, **kwargs)

    @idempotent(Watched(), key=lambda event: "1")
    async def handler(event: Any, context: Any) -> None: ...

    handler({}, None)
    assert threads == [threading.current_thread()]
