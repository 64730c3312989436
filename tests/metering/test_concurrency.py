"""Threads and tasks record into the invocation that they were started in."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from lambdakit import blocking, measured, metrics, middleware, sqs_batch
from lambdakit.testing import FakeContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdakit import Next
    from lambdakit.testing import Events
    from tests.metering.conftest import Published


E = TypeVar("E")
R = TypeVar("R")


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching")
def test_no_count_and_no_value_is_lost_between_threads(published: Published) -> None:
    def work(number: int) -> None:
        for turn in range(200):
            metrics.count("Done")
            metrics.record("Turn", turn)
            metrics.count("Mine", dimensions={"Thread": str(number % 3)})
            if turn % 50 == 0:
                metrics.flush()

    @measured(namespace="Shop")
    def handler(event: Any, context: Any) -> None:
        threads = [threading.Thread(target=copy_context().run, args=(work, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    handler({}, None)
    found = published()
    assert sum(metric.value for metric in found if metric.name == "Done") == 1200
    assert sorted(metric.value for metric in found if metric.name == "Turn") == sorted([*range(200)] * 6)
    for thread in "012":
        mine = [m.value for m in found if m.name == "Mine" and m.dimensions == {"Thread": thread}]
        assert sum(mine) == 400


@pytest.mark.usefixtures("switching")
def test_nothing_is_lost_where_threads_record_while_the_invocation_ends(published: Published) -> None:
    threads: list[threading.Thread] = []

    def work() -> None:
        for _ in range(100):
            metrics.count("Done")

    @measured(namespace="Shop")
    def handler(event: Any, context: Any) -> None:
        threads.append(threading.Thread(target=copy_context().run, args=(work,)))
        threads[-1].start()

    for _ in range(20):
        handler({}, None)
    for thread in threads:
        thread.join()
    assert sum(metric.value for metric in published()) == 2_000


def test_tasks_and_their_threads_record_into_their_invocation(published: Published) -> None:
    @measured(namespace="Shop")
    async def handler(event: Any, context: Any) -> None:
        async def task(number: int) -> None:
            metrics.add_dimensions(Task=str(number))
            await asyncio.sleep(0)
            metrics.count("Charged")
            await asyncio.to_thread(metrics.count, "Charged")

        await asyncio.gather(*(task(number) for number in range(3)))
        metrics.count("Charged")

    handler({}, None)
    assert [(metric.value, metric.dimensions) for metric in published()] == [
        (2, {"Task": "0"}),
        (2, {"Task": "1"}),
        (2, {"Task": "2"}),
        (1, {}),
    ]


def test_what_blocks_records_into_its_invocation(published: Published) -> None:
    @middleware
    async def counting(event: E, call_next: Next[E, R]) -> R:
        await blocking(metrics.count, "Charged")
        return await call_next(event)

    @measured(namespace="Shop")
    @counting
    async def handler(event: Any, context: Any) -> None:
        await blocking(metrics.count, "Charged")

    handler({}, None)
    assert [metric.value for metric in published()] == [2]


def test_records_in_threads_record_into_one_invocation(published: Published, events: Events) -> None:
    @measured(namespace="Shop")
    @sqs_batch(concurrency=4)
    def handler(message: Any, context: Any) -> None:
        metrics.add_dimensions(Kind=message["body"])
        metrics.count("Charged")

    handler(events.sqs(*["a", "b"] * 20), FakeContext())
    assert sorted((metric.value, metric.dimensions["Kind"]) for metric in published()) == [(20, "a"), (20, "b")]


def test_invocations_at_the_same_time_do_not_mix(published: Published) -> None:
    @measured(namespace="Shop")
    async def handler(event: Any, context: Any) -> None:
        metrics.add_dimensions(Event=str(event))
        for _ in range(event):
            metrics.count("Charged")
            await asyncio.sleep(0)

    async def all_at_once() -> None:
        await asyncio.gather(*(handler.acall(number, None) for number in (1, 2, 3)))

    asyncio.run(all_at_once())
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: handler(number, None), (1, 2, 3)))
    assert sorted((metric.value, metric.dimensions["Event"]) for metric in published()) == [
        (number, str(number)) for number in (1, 1, 2, 2, 3, 3)
    ]


def test_a_bare_thread_is_outside_and_writes_at_once(published: Published) -> None:
    @measured(namespace="Shop")
    def handler(event: Any, context: Any) -> None:
        thread = threading.Thread(target=metrics.count, args=("Charged",))
        thread.start()
        thread.join()

    handler({}, None)
    assert [(metric.namespace, metric.value) for metric in published()] == [("local", 1)]
