"""Metrics under AWS's own runtime client, in a process of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from lambdakit.testing import LocalRuntime, published_metrics
from tests.metering.emf import validated
from tests.metering.test_emf import LEVELS, survives

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    App = Callable[[str], Path]

Format: TypeAlias = 'Literal["Text", "JSON"]'
Level: TypeAlias = 'Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] | None'

ORDERS = """
    import logging

    from lambdakit import log, logged, measured, metrics

    metrics.count("Imported")

    @logged(service="orders")
    @measured(namespace="Shop", service="orders", cold_start=True)
    {kind} handler(event, context):
        log.error("charging")
        logging.getLogger("stdlib").error("charging")
        metrics.count("Charged", event["number"])
        metrics.add_dimensions(Currency="EUR")
        with metrics.timer("Charge"):
            print("a bare line")
        if event.get("fail"):
            raise ValueError("no")
        return "done"
"""


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize(("log_format", "log_level"), [("Text", None), *(("JSON", level) for level in LEVELS)])
def test_every_metric_is_there_once_with_what_it_should_say(
    app: App, log_format: Format, log_level: Level, kind: str
) -> None:
    with LocalRuntime(
        "app.handler",
        task_root=app(ORDERS.format(kind=kind)),
        function_name="orders-function",
        log_format=log_format,
        log_level=log_level,
    ) as runtime:
        at_import = published_metrics(runtime.init_logs)
        outcomes = [runtime.invoke({"number": number, "fail": number == 3}) for number in (1, 2, 3)]

    (imported,) = at_import
    assert (imported.namespace, imported.dimensions) == ("orders-function", {"service": "orders-function"})
    for number, outcome in enumerate(outcomes, 1):
        assert (outcome.error is not None) is (number == 3)
        assert outcome.logs.count("a bare line") == 1
        lines = [line for line in outcome.logs if line.startswith('{"_aws"')]
        assert len(lines) == 2 + (number == 1)
        for line in lines:
            document = validated(f"{line}\n")
            assert document["function_request_id"] == outcome.request_id
            assert log_level is None or survives(document, log_level)
        found = [(metric.name, metric.dimensions) for metric in published_metrics(lines)]
        assert found == [
            *([("ColdStart", {"service": "orders", "function_name": "orders-function"})] if number == 1 else []),
            ("Charged", {"service": "orders"}),
            ("Charge", {"service": "orders", "Currency": "EUR"}),
        ]
        assert [metric.value for metric in published_metrics(lines) if metric.name == "Charged"] == [number]
        others = [line for line in outcome.logs if line not in lines]
        assert not [line for line in others if "CloudWatchMetrics" in line]
        logged = [json.loads(line) for line in others if line.startswith('{"timestamp"')]
        messages = [line["message"] for line in logged if "service" in line]  # not the runtime's own
        assert messages.count("charging") == (0 if log_level == "FATAL" else 2)


def test_a_thousand_invocations_with_threads_and_tasks_mix_nothing(app: App) -> None:
    source = """
        import asyncio

        from lambdakit import blocking, measured, metrics

        @measured(namespace="Shop", service="orders", cold_start=True)
        async def handler(event, context):
            metrics.count("All")
            metrics.add_dimensions(Event=str(event))

            async def task():
                metrics.add_dimensions(Place="task")
                await asyncio.sleep(0)
                metrics.count("Charged", event)

            thread = asyncio.to_thread(metrics.count, "Charged", event)
            await asyncio.gather(task(), thread, blocking(metrics.count, "All"))
            metrics.record("End", event)
    """
    with LocalRuntime("app.handler", task_root=app(source)) as runtime:
        for number in range(1000):
            outcome = runtime.invoke(number)
            found = published_metrics(outcome.logs)
            assert {metric.properties["function_request_id"] for metric in found} == {outcome.request_id}
            event = {"service": "orders", "Event": str(number)}
            expected = [
                ("All", 1, {"service": "orders"}),
                ("All", 1, event),
                ("Charged", number, event),
                ("Charged", number, {**event, "Place": "task"}),
                ("End", number, event),
            ]
            if number == 0:
                expected.append(("ColdStart", 1, {"service": "orders", "function_name": "local"}))
            told = [(metric.name, metric.value, dict(metric.dimensions)) for metric in found]
            assert sorted(told, key=repr) == sorted(expected, key=repr)


def test_records_of_a_batch_in_threads_are_measured_together(app: App) -> None:
    source = """
        from lambdakit import measured, metrics, sqs_batch

        @measured(namespace="Shop")
        @sqs_batch(concurrency=4)
        def handler(message, context):
            metrics.count("Charged")
            if message["body"] == "bad":
                raise ValueError("bad")
    """
    records = [{"messageId": str(n), "body": "bad" if n == 7 else "good", "eventSource": "aws:sqs"} for n in range(40)]
    # In JSON, since in text the runtime client ends a traceback with no line end where it has no channel of its own.
    with LocalRuntime("app.handler", task_root=app(source), log_format="JSON") as runtime:
        outcome = runtime.invoke({"Records": records})
    assert outcome.result == {"batchItemFailures": [{"itemIdentifier": "7"}]}
    assert [(metric.name, metric.value) for metric in published_metrics(outcome.logs)] == [("Charged", 40)]


def test_a_restored_snapshot_is_no_cold_start_that_is_counted_twice(app: App) -> None:
    with LocalRuntime(
        "app.handler", task_root=app(ORDERS.format(kind="def")), initialization_type="snap-start"
    ) as runtime:
        outcomes = [runtime.invoke({"number": 1}) for _ in range(2)]
    counted = [m.value for outcome in outcomes for m in published_metrics(outcome.logs) if m.name == "ColdStart"]
    assert counted == [1]
