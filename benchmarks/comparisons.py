"""What is compared with what, and what the goals are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lambdakit.testing import published_metrics

from .sandbox import REQUEST_ID, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True, eq=False)
class Task:
    """What a handler is given, and what must come of it, whichever library does it.

    Attributes:
        name: Tells it from other tasks of the same app.
        event: Makes the event; only the process that needs it does.
        answer: What the handler returns for it.
        lines: The log lines that it writes.
        metrics: Instead of log lines, the metrics that it writes: name, value, unit, dimensions.
    """

    name: str
    event: Callable[[], Any]
    answer: object
    lines: int = 0
    metrics: Sequence[tuple[str, float, str, Mapping[str, str]]] = ()

    def check(self, app: str, answer: object, output: str) -> None:
        """Compare what came.

        Raises:
            AssertionError: It is not what should come, so there is nothing to compare the speed of.
        """
        if answer != self.answer:
            msg = f"{app}, {self.name}: expected the answer {self.answer!r}, got {answer!r}"
            raise AssertionError(msg)
        if self.metrics:
            found = [(m.name, m.value, m.unit, m.dimensions) for m in published_metrics(output)]
            if found != [*self.metrics]:
                msg = f"{app}, {self.name}: expected the metrics {self.metrics}, got {found}"
                raise AssertionError(msg)
            return
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


_OFF = Goal("at most 1 us more than bare", 1e-6, of="ours.bare, a small event")
_XRAY = Goal("at most 3 us more than the SDK alone", 3e-6, of="by_hand.traced_xray, a small event")
_OTEL = Goal("at most 7 us more than the SDK alone", 7e-6, of="by_hand.traced_otel, a small event")

_ONCE = Task("an order", lambda: {"id": "order-7", "total": "12.50", "currency": "EUR"}, {"charged": "12.50"})

_METRIC = Task("a metric", dict, None, metrics=[("Charged", 1, "Count", {"service": "orders"})])


def _batches(count: int, faster: Goal | None = None, no_slower: Goal | None = None) -> list[Comparison]:
    task = _batch(count)
    batch = f"SQS batch, {task.name}"
    return [
        Comparison(batch, task, "ours.batch", "peers.batch", "by_hand.batch", faster),
        Comparison(f"{batch}, inner layer", task, "ours.batch_layer", "peers.batch", "by_hand.batch", no_slower),
        Comparison(f"async {batch}", task, "ours.batch_async", "peers.batch_async"),
        Comparison(f"async {batch}, inner layer", task, "ours.batch_layer_async", "peers.batch_async"),
    ]


def _log_lines(count: int) -> list[Comparison]:
    task = _lines(count)
    title = f"{count} log line{'s' if count > 1 else ''}"
    goals = {
        app: Goal("at most 1.3 times structlog by hand", of=name_of(app, task), share=1.3)
        for app in ("by_hand.lines", "by_hand.lines_orjson")
    }
    return [
        Comparison(title, task, "ours.lines", "peers.lines", "by_hand.lines", goals["by_hand.lines"]),
        Comparison(
            f"{title}, by orjson",
            task,
            "ours.lines_orjson",
            "peers.lines_orjson",
            "by_hand.lines_orjson",
            goals["by_hand.lines_orjson"],
        ),
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
    *_log_lines(1),
    *_log_lines(100),
    Comparison("traces off", _ECHO, "ours.traced_off", "peers.traced_off", None, _OFF),
    Comparison("a subsegment of X-Ray", _ECHO, "ours.traced_xray", "peers.traced_xray", "by_hand.traced_xray", _XRAY),
    Comparison("a span of OpenTelemetry", _ECHO, "ours.traced_otel", None, "by_hand.traced_otel", _OTEL),
    Comparison("the same, by its instrumentation", _ECHO, by_hand="by_hand.traced_otel_instrumented"),
    Comparison("1 metric", _METRIC, "ours.metric", "peers.metric", "by_hand.metric", Goal("at most 8 us", 8e-6)),
    Comparison(
        "once for each key, in memory: first call",
        _ONCE,
        "ours.once_first",
        "peers.once_first",
        goal=Goal("12 / 46 of the peer", of="peers.once_first, an order", share=12 / 46),
    ),
    Comparison(
        "once for each key, in memory: repetition",
        _ONCE,
        "ours.once",
        "peers.once",
        goal=Goal("10 / 38 of the peer", of="peers.once, an order", share=10 / 38),
    ),
    Comparison("async once for each key, in memory: first call", _ONCE, "ours.once_first_async", "peers.once_first"),
    Comparison("async once for each key, in memory: repetition", _ONCE, "ours.once_async", "peers.once"),
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
    Comparison(
        "measure (a metric)",
        _METRIC,
        "ours.metric",
        "peers.metric",
        "by_hand.metric",
        Goal("within 5 ms of the bare handler", 5e-3, of="ours.bare, a small event"),
    ),
    Comparison(
        "traces off",
        _ECHO,
        "ours.traced_off",
        "peers.traced_off",
        None,
        Goal("within 1 ms of the bare handler", 1e-3, of="ours.bare, a small event"),
    ),
    Comparison(
        "a subsegment of X-Ray",
        _ECHO,
        "ours.traced_xray",
        "peers.traced_xray",
        "by_hand.traced_xray",
        Goal("within 5 ms of the SDK alone", 5e-3, of="by_hand.traced_xray, a small event"),
    ),
    Comparison(
        "a span of OpenTelemetry",
        _ECHO,
        "ours.traced_otel",
        None,
        "by_hand.traced_otel",
        Goal("within 5 ms of the SDK alone", 5e-3, of="by_hand.traced_otel, a small event"),
    ),
    Comparison("the same, by its instrumentation", _ECHO, by_hand="by_hand.traced_otel_instrumented"),
    Comparison(
        "idempotent (in memory)",
        _ONCE,
        "ours.once",
        goal=Goal("within 5 ms of the bare handler", 5e-3, of="ours.bare, a small event"),
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
