"""What is compared with what, and what the goals are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .sandbox import REQUEST_ID, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True, eq=False)
class Task:
    """What a handler is given, and what must come of it, whichever library does it.

    Attributes:
        name: Tells it from other tasks of the same app.
        event: Makes the event; only the process that needs it does.
        answer: What the handler returns for it.
        lines: The log lines that it writes.
    """

    name: str
    event: Callable[[], Any]
    answer: object
    lines: int = 0

    def check(self, app: str, answer: object, output: str) -> None:
        """Compare what came.

        Raises:
            AssertionError: It is not what should come, so there is nothing to compare the speed of.
        """
        if answer != self.answer:
            msg = f"{app}, {self.name}: expected the answer {self.answer!r}, got {answer!r}"
            raise AssertionError(msg)
        lines = [json.loads(line) for line in output.splitlines()]
        if len(lines) != self.lines:
            msg = f"{app}, {self.name}: expected {self.lines} log lines, got {len(lines)}"
            raise AssertionError(msg)
        for line in lines:
            if missing := _LINE.items() - line.items():
                msg = f"{app}, {self.name}: expected {dict(missing)} in the log line {line}"
                raise AssertionError(msg)


_LINE = {
    "message": "charging",
    "total": 12.5,
    "currency": "EUR",
    "service": "orders",
    "function_request_id": REQUEST_ID,
    "function_name": "orders",
    "cold_start": True,
}
"""What each log line says, at least."""


@dataclass(frozen=True)
class Goal:
    """How slow ours may be at the most: so many seconds, and a share of what another measurement took.

    Attributes:
        text: The same for people.
        seconds: The fixed part.
        of: The name of the other measurement.
        share: How much of it.
    """

    text: str
    seconds: float = 0.0
    of: str | None = None
    share: float = 1.0

    def limit(self, seconds_of: Callable[[str], float]) -> float:
        """The seconds that ours may take."""
        return self.seconds + (self.share * seconds_of(self.of) if self.of else 0.0)


@dataclass(frozen=True)
class Comparison:
    """A row of the table: apps that do the same task."""

    title: str
    task: Task
    ours: str | None = None
    peer: str | None = None
    by_hand: str | None = None
    goal: Goal | None = None

    @property
    def apps(self) -> Sequence[str]:
        """Those that there are."""
        return [app for app in (self.ours, self.peer, self.by_hand) if app is not None]


def measured(comparisons: Iterable[Comparison]) -> list[tuple[str, Task]]:
    """The apps and their tasks, each once, though more than one comparison may be with it."""
    found = {name_of(app, row.task): (app, row.task) for row in comparisons for app in row.apps}
    return list(found.values())


def name_of(app: str, task: Task) -> str:
    """The name of a measurement."""
    return f"{app}, {task.name}"


_ALL_WELL: dict[str, list[object]] = {"batchItemFailures": []}


_ECHO = Task("a small event", lambda: {"key": "value"}, {"key": "value"})


def _batch(count: int, *, lines: int = 0) -> Task:
    return Task(f"{count:,} messages", lambda: orders(count), _ALL_WELL, lines)


def _sum(count: int) -> Task:
    return Task(f"{count} messages", lambda: orders(count), str(count * Decimal("12.50")))


def _lines(count: int) -> Task:
    return Task(f"{count} lines", lambda: {"lines": count}, None, count)


def _batches(count: int, faster: Goal | None = None, no_slower: Goal | None = None) -> list[Comparison]:
    task = _batch(count)
    batch = f"SQS batch, {task.name}"
    return [
        Comparison(batch, task, "ours.batch", "peers.batch", "by_hand.batch", faster),
        Comparison(f"{batch}, inner layer", task, "ours.batch_layer", "peers.batch", "by_hand.batch", no_slower),
        Comparison(f"async {batch}", task, "ours.batch_async", "peers.batch_async"),
        Comparison(f"async {batch}, inner layer", task, "ours.batch_layer_async", "peers.batch_async"),
    ]


WARM = [
    Comparison("bare handler", _ECHO, "ours.bare", None, "by_hand.bare"),
    Comparison("5 layers", _ECHO, "ours.layers", "peers.layers", "by_hand.layers", Goal("at most 2 us", 2e-6)),
    Comparison("async 5 layers", _ECHO, "ours.layers_async", None, "by_hand.layers_async"),
    *_batches(10),
    *_batches(100),
    *_batches(
        10_000,
        Goal("1.5 times as fast as the peer", of="peers.batch, 10,000 messages", share=1 / 1.5),
        Goal("no slower than the peer", of="peers.batch, 10,000 messages"),
    ),
    Comparison(
        "SQS batch, 10 messages, models", _batch(10), "ours.batch_models", "peers.batch_models", "by_hand.batch_models"
    ),
    Comparison("SQS event of 10 as a model", _sum(10), "ours.models", "peers.models", "by_hand.models"),
    Comparison("1 log line", _lines(1), "ours.lines", "peers.lines", "by_hand.lines"),
    Comparison("100 log lines", _lines(100), "ours.lines", "peers.lines", "by_hand.lines"),
]

COLD = [
    Comparison("bare handler", _ECHO, "ours.bare", None, "by_hand.bare", Goal("at most 15 ms", 15e-3)),
    Comparison("5 layers", _ECHO, "ours.layers", "peers.layers", "by_hand.layers"),
    Comparison(
        "batch (of 3)",
        _batch(3),
        "ours.batch",
        "peers.batch",
        "by_hand.batch",
        Goal("within 5 ms of the bare handler", 5e-3, of="ours.bare, a small event"),
    ),
    Comparison("import structlog", _ECHO, by_hand="by_hand.import_structlog"),
    Comparison(
        "log (a line)",
        _lines(1),
        "ours.lines",
        "peers.lines",
        "by_hand.lines",
        Goal("within 5 ms of structlog by hand", 5e-3, of="by_hand.lines, 1 lines"),
    ),
    Comparison("import pydantic's BaseModel", _ECHO, by_hand="by_hand.import_pydantic"),
    Comparison(
        "parse (an event of 3)",
        _sum(3),
        "ours.models",
        "peers.models",
        "by_hand.models",
        Goal("within 5 ms of pydantic by hand", 5e-3, of="by_hand.models, 3 messages"),
    ),
    Comparison(
        "log, batch and parse (of 3)",
        _batch(3, lines=3),
        "ours.orders",
        "peers.orders",
        "by_hand.orders",
        Goal("within 15 ms of both by hand", 15e-3, of="by_hand.orders, 3 messages"),
    ),
]
