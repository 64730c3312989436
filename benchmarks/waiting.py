"""`python -m benchmarks.waiting`: batches of messages that wait 5 ms each, and the memory of 10,000 messages.

Whole calls take milliseconds here, so the best of some calls in this process is exact enough; pyperf is for the rest.
"""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from os import getloadavg
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import (
    AsyncBatchProcessor,
    BatchProcessor,
    EventType,
    async_process_partial_response,
    process_partial_response,
)

from lambdakit import sqs_batch
from lambdakit.testing import FakeContext, events

from . import report

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT = 0.005  # seconds


def _plain(message: dict[str, Any], context: Any) -> None:
    time.sleep(WAIT)


async def _awaited(message: dict[str, Any], context: Any) -> None:
    await asyncio.sleep(WAIT)


def _nothing(message: dict[str, Any], context: Any) -> None: ...


async def _nothing_async(message: dict[str, Any], context: Any) -> None: ...


def _peers(event: dict[str, Any]) -> Any:
    def record_handler(record: Any) -> None:
        time.sleep(WAIT)

    processor = BatchProcessor(event_type=EventType.SQS)
    return process_partial_response(event=event, record_handler=record_handler, processor=processor)


def _peers_async(event: dict[str, Any]) -> Any:
    async def record_handler(record: Any) -> None:
        await asyncio.sleep(WAIT)

    processor = AsyncBatchProcessor(event_type=EventType.SQS)
    return async_process_partial_response(event=event, record_handler=record_handler, processor=processor)


def _best(call: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best * 1000


def _peak(call: Callable[[], object]) -> float:
    call()
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1024


def main() -> None:
    """Measure, and print the tables."""
    load, *_ = getloadavg()
    context = FakeContext(timeout=900)
    ours: dict[str, Any] = {
        "plain, one by one": sqs_batch(_plain),
        "plain, concurrency=10": sqs_batch(concurrency=10)(_plain),
        "async, one by one": sqs_batch(_awaited),
        "async, concurrency=10": sqs_batch(concurrency=10)(_awaited),
    }
    print(f"Batches of messages that wait {WAIT * 1000:.0f} ms each, best of some calls, in ms\n")
    print("| | 10 messages | 100 messages |\n|---|---|---|")
    batches = [(events.sqs(*map(str, range(count))), rounds) for count, rounds in ((10, 10), (100, 4))]
    for name, handler in ours.items():
        cells = [_best(lambda h=handler, e=event: h(e, context), rounds) for event, rounds in batches]  # type: ignore[misc]
        print(f"| {name} | {cells[0]:.1f} | {cells[1]:.1f} |")
    for name, call in (("the peer, plain", _peers), ("the peer, async (all at once)", _peers_async)):
        cells = [_best(lambda c=call, e=event: c(e), rounds) for event, rounds in batches]  # type: ignore[misc]
        print(f"| {name} | {cells[0]:.1f} | {cells[1]:.1f} |")

    print("\nMemory that a batch of 10,000 messages takes at its peak, beyond the event, in KiB\n")
    print("| | KiB |\n|---|---|")
    many = events.sqs(*map(str, range(10_000)))
    trivial: dict[str, Any] = {
        "plain, one by one": sqs_batch(_nothing),
        "plain, concurrency=10": sqs_batch(concurrency=10)(_nothing),
        "async, one by one": sqs_batch(_nothing_async),
        "async, concurrency=10": sqs_batch(concurrency=10)(_nothing_async),
    }
    for name, handler in trivial.items():
        print(f"| {name} | {_peak(lambda h=handler: h(many, context)):.0f} |")  # type: ignore[misc]

    circumstances = report.circumstances("python -m benchmarks.waiting", (load, getloadavg()[0]))
    print("", *(f"{what}: {value}" for what, value in circumstances.items()), sep="\n")


if __name__ == "__main__":
    main()
