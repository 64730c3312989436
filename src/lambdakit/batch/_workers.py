"""Who processes the records: one after the other, in threads, or in tasks; each record in a context of its own."""

from __future__ import annotations

import threading
from contextvars import copy_context
from math import inf
from time import monotonic
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from lambdakit._core import only_function
from lambdakit._invocation import invocation
from lambdakit._step import DONE, meant_by, refuse_coroutine, refuse_to_suspend, step

from ._work import log

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from contextvars import Context as ContextVars

    from lambdakit._core import Next

    from ._source import Record
    from ._work import Work


def run_one_by_one(work: Work, call_next: Next[Record, object]) -> None:
    """Process the records of a plain handler, in the order of the batch."""
    outside = invocation.get()
    try:
        if work.lane_of is None:
            not_started = _process(work, call_next, enumerate(work.records))
            work.ended_before(len(work.records) if not_started is None else not_started)
        elif (not_started := _process(work, call_next, work.in_order())) is not None:
            work.put_back(not_started)
    finally:
        invocation.set(outside)


def run_in_threads(work: Work, call_next: Next[Record, object], concurrency: int) -> None:
    """Process the records of a plain handler in some threads, lane by lane.

    When the answer has to be given, threads that still run are left to themselves: they start no other record, and the
    next invocation joins them, within a bound.
    """
    join_late_threads(work)
    lanes = work.in_lanes()
    fatal: list[BaseException] = []

    def worker() -> None:
        try:
            if (not_started := _process(work, call_next, work.by_lane(lanes))) is not None:
                work.put_back(not_started)
        except BaseException as error:  # noqa: BLE001 - it is raised where the invocation ends
            work.abandoned = True
            fatal.append(error)

    threads = [
        threading.Thread(target=copy_context().run, args=(worker,), name=f"lambdakit-{number}", daemon=True)
        for number in range(min(concurrency, len(lanes)))
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join(work.time.until_answer())
    except BaseException:  # a deadline, most likely: what is not started is not to be started any more
        work.abandoned = True
        raise
    finally:
        _late.extend(thread for thread in threads if thread.is_alive())
    if fatal:
        raise fatal[0]


def _process(  # noqa: PLR0912 - a call more for each record would be a tenth of the time
    work: Work, call_next: Next[Record, object], startable: Iterable[tuple[int, Record]]
) -> int | None:
    """Process records until there is too little time; give the place of the record that was not started, if any."""
    enter, whole, describe, context = invocation.set, work.whole, work.source.describe, work.whole._context
    function, read_result = only_function(call_next), work.source.read_result
    time, now = work.time, monotonic
    left, read_again_at = time.left, time.read_again_at
    limited = time.left < inf
    for index, record in startable:
        if limited and now() >= read_again_at:
            left = time.read(left)
            if time.is_over or work.abandoned:
                return index
            read_again_at = time.read_again_at
        enter((whole, record, describe))
        isolated = copy_context()
        try:
            if function is not None:
                result = isolated.run(function, record, context)
                if result is not None and type(result) is CoroutineType:
                    refuse_coroutine(function, result)
            elif read_result is not None:
                result = isolated.run(step, call_next(record))
            else:
                coroutine = call_next(record)
                if isolated.run(next, coroutine.__await__(), DONE) is not DONE:
                    isolated.run(refuse_to_suspend, coroutine)
                continue
            if read_result is not None:
                work.results[index] = isolated.run(read_result, record, result)
        except Exception as error:  # noqa: BLE001 - that is what a failed record is
            meant = meant_by(error)
            if not isolated.run(work.put_away, record, meant):
                work.failed(index, meant, isolated)
        except BaseException as error:
            if type(error).__name__ != "CancelledError":
                raise
            work.failed(index, error, isolated)
    return None


_late: list[threading.Thread] = []
"""Threads that were still running when their batch was answered for."""

_JOIN = 5.0  # seconds that an invocation waits for them, at most, and at most half of its own time


def join_late_threads(work: Work) -> None:
    """Wait, within a bound, for what an earlier invocation of this sandbox left running."""
    until = monotonic() + min(_JOIN, work.whole.remaining / 2)
    for thread in _late:
        thread.join(max(0.0, until - monotonic()))
    _late[:] = [thread for thread in _late if thread.is_alive()]
    if _late:
        log.error("%d record(s) of an earlier invocation are still running in this sandbox", len(_late))


async def run_in_tasks(work: Work, call_next: Next[Record, object], concurrency: int) -> None:
    """Process the records of an async handler in some tasks; with one, in the order of the batch, else lane by lane.

    When the answer has to be given, what still runs is cancelled.
    """
    from asyncio import create_task, wait  # noqa: PLC0415 - a loop runs, so it is loaded

    if not work.records:
        return
    if concurrency == 1:
        startable = [work.in_order()]
    else:
        lanes = work.in_lanes()
        startable = [work.by_lane(lanes) for _ in range(min(concurrency, len(lanes)))]
    tasks = [create_task(_process_on_loop(work, call_next, records)) for records in startable]
    try:
        await wait(tasks, timeout=work.time.until_answer())
    finally:
        work.abandoned = True
        if running := [task for task in tasks if not task.done()]:
            for task in running:
                task.cancel()
            await wait(running, timeout=_CANCEL)
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error


_CANCEL = 0.1  # seconds that cancelled records have to end


async def _process_on_loop(
    work: Work, call_next: Next[Record, object], startable: Iterable[tuple[int, Record]]
) -> None:
    from asyncio import CancelledError, current_task, to_thread  # noqa: PLC0415 - a loop runs, so it is loaded

    read_result, this = work.source.read_result, current_task()

    async def reading(index: int, record: Record, read: Callable[[Record, Any], object]) -> None:
        work.results[index] = read(record, await call_next(record))

    time = work.time
    left = time.left
    for index, record in startable:
        if monotonic() >= time.read_again_at:
            left = time.read(left)
        if time.is_over or work.abandoned:
            work.put_back(index)
            return
        isolated = copy_context()
        isolated.run(work.enter, record)
        coroutine = call_next(record) if read_result is None else reading(index, record, read_result)
        steps = coroutine.__await__()
        try:
            waits_for = isolated.run(next, steps, DONE)
            if waits_for is not DONE:
                await _Continued(steps, isolated, waits_for)
        except CancelledError as error:
            if work.abandoned:
                raise
            while this is not None and this.cancelling():  # by itself
                this.uncancel()
            work.failed(index, error, isolated)
        except Exception as error:  # noqa: BLE001 - that is what a failed record is
            if not (work.is_final(error) and await to_thread(isolated.run, work.put_away, record, error)):
                work.failed(index, error, isolated)
        except BaseException:
            work.abandoned = True
            raise


class _Continued:
    """The rest of a coroutine, each step of it in a context.

    It does what a task made with that context would do, without the task: one for each of 10,000 records takes more
    time than all else. So the records that a worker processes share its task.
    """

    __slots__ = ("_context", "_steps", "_waits_for")

    def __init__(self, steps: Generator[Any, Any, Any], context: ContextVars, waits_for: object) -> None:
        self._steps = steps
        self._context = context
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        run, steps, waits_for = self._context.run, self._steps, self._waits_for
        while waits_for is not DONE:
            try:
                yield waits_for
            except GeneratorExit:
                run(steps.close)
                raise
            except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine
                try:
                    waits_for = run(steps.throw, error)
                except StopIteration:
                    return
            else:
                waits_for = run(next, steps, DONE)
