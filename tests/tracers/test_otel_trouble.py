"""Trouble with the receiver, with connections, and with processes: none of it reaches the caller."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from tests.tracers.otel_apps import HANDLER, lambda_with, lines

if TYPE_CHECKING:
    from tests.tracers.conftest import App
    from tests.tracers.receivers import Collector


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("mode", ["refusing", "unavailable", "cutting", "slow"])
def test_trouble_with_the_collector_does_not_reach_the_caller(
    app: App, collector: Collector, mode: Any, kind: str
) -> None:
    source = HANDLER.replace("@traced\n", "@traced(tracer=OTelTracer(flush_within=3))\n").replace(
        "import asyncio", "from lambdakit.tracers import OTelTracer"
    )
    with lambda_with(app, source.format(kind=kind), collector, timeout=60) as runtime:
        first = runtime.invoke({"order": 0})
        collector.mode = mode
        outcomes = []
        for number in range(3):
            began = monotonic()
            outcomes.append(runtime.invoke({"order": number}))
            assert monotonic() - began < 10
        seen = collector.requests
        collector.mode = "good"
        collector.go_on.set()
        last = runtime.invoke({"order": 3})
        collector.wait_for(lambda arrived: len(arrived.spans) >= 4)
    assert seen > 1
    assert [outcome.result for outcome in (first, *outcomes, last)] == [0, 0, 1, 2, 3]
    messages = [line["message"] for outcome in outcomes for line in lines(outcome)]
    (told,) = [message for message in messages if message != "charging"]
    assert told.startswith(("2 span(s) were lost: ", "spans were not sent within 3.00 s"))
    assert [line["message"] for line in lines(last)] == ["charging"]


def test_a_collector_that_is_down_does_not_reach_the_caller(app: App, collector: Collector) -> None:
    nobody = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_EXPORT_TIMEOUT": "2000"}
    with lambda_with(app, HANDLER.format(kind="def"), collector, timeout=60, environment=nobody) as runtime:
        outcomes = [runtime.invoke({"order": number}) for number in range(3)]
    assert [outcome.result for outcome in outcomes] == [0, 1, 2]
    messages = [line["message"] for outcome in outcomes for line in lines(outcome)]
    (told,) = [message for message in messages if message != "charging"]
    assert told.startswith(("2 span(s) were lost: ", "spans were not sent within 2.00 s"))


def test_before_the_deadline_there_is_always_time_left_for_the_answer(app: App, collector: Collector) -> None:
    collector.mode = "slow"
    source = """
        from lambdakit import traced
        from lambdakit.tracers import OTelTracer, otel

        otel._MARGIN = 3  # the machine may be busy

        @traced(tracer=OTelTracer(flush_within=30))
        def handler(event, context):
            return "in time"
    """
    with lambda_with(app, source, collector, timeout=5) as runtime:
        assert runtime.invoke({}).result == "in time"
    collector.go_on.set()


def test_a_connection_that_was_cut_while_the_sandbox_was_frozen_loses_nothing(app: App, collector: Collector) -> None:
    with lambda_with(app, HANDLER.format(kind="def"), collector, timeout=30) as runtime:
        for number in range(3):
            outcome = runtime.invoke({"order": number})
            collector.drop_connections()
            assert [line["message"] for line in lines(outcome)] == ["charging"]
    assert len(collector.spans) == 6


def test_a_restored_snapshot_has_ids_of_its_own(app: App, collector: Collector) -> None:
    source = """
        import random
        random.seed(1)  # what a snapshot does to every restore of it

        from lambdakit import traced

        @traced
        def handler(event, context):
            return random.random()
    """
    results = []
    for _ in range(2):
        with lambda_with(app, source, collector, timeout=30, initialization_type="snap-start") as runtime:
            results.append(runtime.invoke({}).result)
    first, second = collector.spans
    assert first.trace_id != second.trace_id
    assert results[0] != results[1]


def test_processes_that_were_forked_send_their_own_spans_only(app: App, collector: Collector) -> None:
    source = """
        import os

        from lambdakit import span, traced
        from lambdakit.testing import FakeContext

        @traced
        def inner(event, context):
            with span("charge", pid=os.getpid()):
                return os.getpid()

        def handler(event, context):
            inner({}, FakeContext(aws_request_id="parent"))
            children = []
            for number in range(3):
                pid = os.fork()
                if pid == 0:
                    inner({}, FakeContext(aws_request_id=f"child {number}"))
                    os._exit(0)
                children.append(pid)
            return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    """
    with lambda_with(app, source, collector, timeout=30) as runtime:
        assert runtime.invoke({}).result == [0, 0, 0]
    roots = [span for span in collector.spans if span.name != "charge"]
    charges = [span for span in collector.spans if span.name == "charge"]
    assert sorted(span.attributes["faas.invocation_id"] for span in roots) == [
        "child 0",
        "child 1",
        "child 2",
        "parent",
    ]
    assert len({span.attributes["pid"] for span in charges}) == len({span.trace_id for span in charges}) == 4
