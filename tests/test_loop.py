"""The loop under async handlers: kept between invocations, and left clean by each."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from tests.layers import passing

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import pytest


async def _forever() -> None:
    await asyncio.Event().wait()


@passing
async def which_loop(event: object, context: Any) -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_one_loop_serves_every_invocation() -> None:
    first = which_loop({}, None)
    assert which_loop({}, None) is first
    assert not first.is_closed()


def test_a_second_thread_gets_a_loop_of_its_own_while_the_first_is_in_use() -> None:
    meanwhile: list[asyncio.AbstractEventLoop] = []

    @passing
    async def handler(event: object, context: Any) -> asyncio.AbstractEventLoop:
        thread = threading.Thread(target=lambda: meanwhile.append(which_loop({}, None)))
        thread.start()
        await asyncio.to_thread(thread.join)
        return asyncio.get_running_loop()

    first = handler({}, None)
    assert meanwhile[0] is not first
    assert meanwhile[0].is_closed()


def test_tasks_that_the_handler_leaves_are_cancelled_and_told(caplog: pytest.LogCaptureFixture) -> None:
    left: list[asyncio.Task[None]] = []

    @passing
    async def handler(event: object, context: Any) -> str:
        left.append(asyncio.create_task(_forever()))
        await asyncio.sleep(0)
        return "done"

    with caplog.at_level(logging.WARNING, "lambdakit"):
        assert handler({}, None) == "done"
    assert left[0].cancelled()
    assert "cancelled 1 task(s)" in caplog.text
    assert "_forever" in caplog.text


def test_a_task_that_a_task_has_started_is_cancelled_too() -> None:
    left: list[asyncio.Task[None]] = []

    async def starting() -> None:
        left.append(asyncio.create_task(_forever()))
        await asyncio.sleep(0)

    @passing
    async def handler(event: object, context: Any) -> None:
        await asyncio.create_task(starting())

    handler({}, None)
    assert left[0].cancelled()


def test_tasks_of_a_pool_that_was_made_elsewhere_go_on() -> None:
    pool: list[asyncio.Task[None]] = []
    loop = which_loop({}, None)
    pool.append(loop.create_task(_forever()))

    @passing
    async def handler(event: object, context: Any) -> bool:
        await asyncio.sleep(0)
        return pool[0].done()

    try:
        assert [handler({}, None), handler({}, None)] == [False, False]
        assert not pool[0].done()
    finally:
        pool[0].cancel()
        which_loop({}, None)


def test_a_task_that_fails_while_it_is_cancelled_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> None:
        try:
            await _forever()
        finally:
            msg = "while ending"
            raise ValueError(msg)

    @passing
    async def handler(event: object, context: Any) -> None:
        handler_task = asyncio.create_task(failing())
        await asyncio.sleep(0)
        assert not handler_task.done()

    handler({}, None)
    assert "while ending" in caplog.text


def test_a_task_that_will_not_end_does_not_hold_the_answer(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdakit._loop._CANCEL_WAIT", 0.01)
    release = threading.Event()
    stubborn_tasks: list[asyncio.Task[None]] = []

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                continue

    @passing
    async def handler(event: object, context: Any) -> str:
        stubborn_tasks.append(asyncio.create_task(stubborn()))
        await asyncio.sleep(0)
        return "done"

    assert handler({}, None) == "done"
    assert "would not be cancelled" in caplog.text
    release.set()

    async def wait(task: Coroutine[Any, Any, None] | asyncio.Task[None]) -> None:
        await task

    which_loop({}, None).run_until_complete(wait(stubborn_tasks[0]))


def test_a_forked_process_gets_a_loop_of_its_own() -> None:
    parents = which_loop({}, None)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            own = which_loop({}, None)
            os.write(write, b"own" if own is not parents else b"shared")
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        assert answer.read() == b"own"
    os.waitpid(child, 0)
    assert which_loop({}, None) is parents


def test_the_process_ends_quietly_after_threads_and_pools_were_used() -> None:
    code = """
import asyncio
from lambdakit import blocking, stack

async def forever():
    await asyncio.Event().wait()

@stack()
async def handler(event, context):
    await asyncio.to_thread(int)
    return asyncio.get_running_loop()

loop = handler({}, None)
pool = loop.create_task(forever())
handler({}, None)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
