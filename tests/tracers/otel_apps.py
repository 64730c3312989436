"""Functions whose spans go to a receiver of OTLP, for the tests that run them under AWS's own runtime client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdakit.testing import LocalRuntime

if TYPE_CHECKING:
    from lambdakit.testing import Outcome
    from tests.tracers.conftest import App
    from tests.tracers.receivers import Collector, Received

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={}"
INTERNAL, SERVER, CONSUMER = 1, 2, 5
UNSET, ERROR = 0, 2

HANDLER = """
    import asyncio

    from lambdakit import logged, log, span, traced

    @logged
    @traced
    {kind} handler(event, context):
        with span("charge", order=event["order"]) as charge:
            charge.event("asked")
            log.info("charging")
            if event.get("fail"):
                raise ValueError("no money")
        return event["order"]
"""

BATCH = """
    from lambdakit import span, sqs_batch, traced

    @traced
    @sqs_batch(concurrency=10)
    {kind} handler(message, context):
        with span("charge", order=message["body"]):
            if message["body"] == "bad":
                raise ValueError("no money")
"""


def lambda_with(app: App, source: str, collector: Collector, **options: Any) -> LocalRuntime:
    """A runtime whose spans go to a collector."""
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_EXPORT_TIMEOUT": "20000",  # the machine may be busy
        **options.pop("environment", {}),
    }
    return LocalRuntime("app.handler", task_root=app(source), environment=variables, init_timeout=30, **options)


def by_name(spans: list[Received]) -> dict[str, Received]:
    assert len({span.name for span in spans}) == len(spans)
    return {span.name: span for span in spans}


def lines(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.logs]
