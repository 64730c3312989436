"""OpenTelemetry's spans from AWS's own runtime client, received over real HTTP and UDP."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

import pytest

from lambdakit.testing import LocalRuntime
from tests.tracers.otel_apps import (
    BATCH,
    CALLER,
    CONSUMER,
    ERROR,
    HANDLER,
    INTERNAL,
    SERVER,
    TRACE,
    UNSET,
    XRAY,
    by_name,
    lambda_with,
    lines,
)

if TYPE_CHECKING:
    from lambdakit.testing import Events
    from tests.tracers.conftest import App
    from tests.tracers.receivers import Collector, Daemon, Received


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_trace_arrives_whole(app: App, collector: Collector, kind: str) -> None:
    before = time_ns()
    with lambda_with(
        app,
        HANDLER.format(kind=kind),
        collector,
        function_name="orders",
        function_version="7",
        memory=256,
        timeout=30,
        environment={"OTEL_RESOURCE_ATTRIBUTES": "team=payments,cloud.region=mars"},
    ) as runtime:
        outcome = runtime.invoke({"order": "o-1"}, trace_id=XRAY.format(1))
        assert outcome.result == "o-1"
        received = by_name(collector.spans)
    root, charge = received["orders"], received["charge"]
    assert (root.kind, charge.kind) == (SERVER, INTERNAL)
    assert (root.trace_id, root.parent_id) == ("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8")
    assert (charge.trace_id, charge.parent_id) == (root.trace_id, root.span_id)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:orders"
    assert root.attributes == {
        "faas.coldstart": True,
        "faas.invocation_id": outcome.request_id,
        "cloud.resource_id": arn,
        "cloud.account.id": "123456789012",
        "aws.lambda.invoked_arn": f"{arn}:7",
    }
    assert (charge.attributes, charge.events) == ({"order": "o-1"}, ["asked"])
    assert (root.status, charge.status) == (UNSET, UNSET)
    assert before <= root.start <= charge.start <= charge.end <= root.end <= time_ns()
    assert root.scope == charge.scope == "lambdakit"
    expected = {
        "service.name": "orders",
        "faas.name": "orders",
        "faas.version": "7",
        "faas.max_memory": 256 * 1024 * 1024,
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": "mars",
        "team": "payments",
        "aws.log.group.names": ["/aws/lambda/orders"],
    }
    assert {name: root.resource.get(name) for name in expected} == expected
    assert "[7]" in root.resource["faas.instance"]
    (line,) = lines(outcome)
    assert (line["trace_id"], line["span_id"]) == (charge.trace_id, charge.span_id)


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_an_error_is_told_by_each_span_it_escapes_from(app: App, collector: Collector, kind: str) -> None:
    with lambda_with(app, HANDLER.format(kind=kind), collector, timeout=30) as runtime:
        outcome = runtime.invoke({"order": "o-1", "fail": True})
    assert outcome.error is not None
    assert outcome.error.type == "ValueError"
    assert len(collector.spans) == 2
    for span in collector.spans:
        assert (span.status, span.message) == (ERROR, "no money")
        assert "exception" in span.events
        assert span.attributes["error.type"] == "ValueError"


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_batch_arrives_as_a_tree(app: App, collector: Collector, kind: str, events: Events) -> None:
    event = events.sqs("good", "bad", *map(str, range(18)), queue="orders")
    event["Records"][0]["messageAttributes"] = {
        "traceparent": {"stringValue": f"00-{TRACE}-{CALLER}-01", "dataType": "String"}
    }
    event["Records"][1]["attributes"]["AWSTraceHeader"] = XRAY.format(1)
    with lambda_with(app, BATCH.format(kind=kind), collector, timeout=30) as runtime:
        outcome = runtime.invoke(event)
    assert outcome.result == {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}
    spans = collector.spans
    batch = spans[0]
    assert len(spans) == 1 + 2 * 20
    assert (batch.name, batch.kind, batch.parent_id, batch.status) == ("process orders", CONSUMER, "", UNSET)
    assert batch.attributes["messaging.batch.message_count"] == 20
    assert batch.attributes["faas.trigger"] == "pubsub"
    assert sorted(batch.links) == sorted([TRACE, "5759e988bd862e3fe1be46a994272793"])
    of_record = {span.attributes.get("messaging.message.id"): span for span in spans[1:]}
    for number, record in enumerate(event["Records"]):
        processed = of_record[record["messageId"]]
        (charge,) = [span for span in spans if span.parent_id == processed.span_id]
        assert charge.attributes["order"] == record["body"]
        assert (processed.name, processed.kind, processed.parent_id) == ("process orders", CONSUMER, batch.span_id)
        assert processed.attributes["messaging.system"] == "aws_sqs"
        assert processed.attributes["messaging.destination.name"] == "orders"
        assert processed.links == ([TRACE] if number == 0 else batch.links[1:] if number == 1 else [])
        assert processed.status == charge.status == (ERROR if number == 1 else UNSET)
        assert batch.start <= processed.start <= charge.start <= charge.end <= processed.end <= batch.end


def test_of_several_parents_the_nearest_is_taken(app: App, collector: Collector, events: Events) -> None:
    source = """
        from lambdakit import traced
        from lambdakit.tracers import OTelTracer

        def extract(event):
            if event.get("broken"):
                raise KeyError("broken")
            return {"traceparent": event["parent"]} if "parent" in event else None

        @traced(tracer=OTelTracer(extract=extract))
        def handler(event, context):
            return {"statusCode": 200}
    """
    parents = {number: f"00-{number * 32}-{number * 16}-01" for number in "1234"}
    request = events.function_url("GET", "/", headers={"TraceParent": parents["3"]})
    w3c = {"w3c": {"traceparent": parents["2"]}}
    header = XRAY.format(1)
    with lambda_with(app, source, collector, timeout=30) as runtime:
        runtime.invoke(request | {"parent": parents["1"]}, client_context=w3c, trace_id=header)
        broken = runtime.invoke(request | {"broken": True}, client_context=w3c, trace_id=header)
        again = runtime.invoke(request | {"broken": True}, client_context=w3c, trace_id=header)
        runtime.invoke(request, trace_id=header)
        runtime.invoke({}, trace_id=header)
        runtime.invoke({}, trace_id=XRAY.format(0))
        runtime.invoke({"parent": f"00-{'1' * 32}-{'1' * 16}-00"})  # which was not sampled
    found = [(span.trace_id[0], span.parent_id[:1]) for span in collector.spans[:5]]
    assert found == [("1", "1"), ("2", "2"), ("2", "2"), ("3", "3"), ("5", "5")]
    (new,) = collector.spans[5:]
    assert new.parent_id == ""
    assert "extract= of OTelTracer failed" in "".join(broken.logs)
    assert again.logs == ()


@pytest.mark.parametrize(
    ("propagators", "traced"), [("tracecontext,baggage", True), ("tracecontext,xray-lambda", False)]
)
def test_a_trace_that_x_ray_does_not_record_is_recorded_unless_x_ray_is_to_decide(
    app: App, collector: Collector, propagators: str, traced: bool
) -> None:
    with lambda_with(
        app, HANDLER.format(kind="def"), collector, environment={"OTEL_PROPAGATORS": propagators}, timeout=30
    ) as runtime:
        assert runtime.invoke({"order": 1}, trace_id=XRAY.format(0)).result == 1
    assert bool(collector.spans) is traced


def test_http_spans_have_the_conventions_attributes(app: App, collector: Collector, events: Events) -> None:
    source = """
        from lambdakit import traced

        @traced
        def handler(event, context):
            return {"statusCode": 503}
    """
    rest = events.api_gateway("POST", "/orders/{id}", path_parameters={"id": "7"}, headers={"User-Agent": "curl"})
    with lambda_with(app, source, collector, timeout=30, function_name="orders") as runtime:
        runtime.invoke(rest)
        runtime.invoke(events.function_url("GET", "/orders/7"))
    of_rest, of_url = collector.spans
    assert (of_rest.name, of_url.name) == ("POST /orders/{id}", "orders")
    assert of_rest.kind == SERVER
    expected = {
        "faas.trigger": "http",
        "http.request.method": "POST",
        "http.route": "/orders/{id}",
        "http.response.status_code": 503,
        "user_agent.original": "curl",
    }
    assert {name: of_rest.attributes.get(name) for name in expected} == expected
    assert of_rest.attributes["url.path"].endswith("/orders/7")
    assert (of_rest.status, of_rest.message) == (ERROR, "answered with status 503")
    assert of_url.attributes["url.path"] == "/orders/7"
    assert "http.route" not in of_url.attributes


def test_a_thousand_invocations_lose_nothing_and_mix_nothing_up(app: App, collector: Collector) -> None:
    source = """
        import asyncio

        from lambdakit import span, traced

        @traced
        async def handler(event, context):
            with span("outer", number=event):
                await asyncio.gather(inner(event), inner(event), asyncio.to_thread(plain, event))

        @span("inner")
        async def inner(number):
            span.current().set(number=number)
            await asyncio.sleep(0)

        @span("plain")
        def plain(number):
            span.current().set(number=number)
    """
    with lambda_with(app, source, collector, timeout=30) as runtime:
        outcomes = [runtime.invoke(number) for number in range(1000)]
    assert all(outcome.error is None and outcome.logs == () for outcome in outcomes)
    spans = collector.spans
    assert len(spans) == 5 * 1000
    traces: dict[str, list[Received]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(span)
    assert len(traces) == 1000
    for number, trace in enumerate(traces.values()):
        root, outer = trace[:2]
        assert root.attributes["faas.invocation_id"] == outcomes[number].request_id
        assert (outer.name, outer.parent_id) == ("outer", root.span_id)
        assert sorted(span.name for span in trace[2:]) == ["inner", "inner", "plain"]
        assert {span.parent_id for span in trace[2:]} == {outer.span_id}
        assert {span.attributes["number"] for span in trace[1:]} == {number}


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_hundred_batches_at_ten_at_a_time_lose_nothing_and_mix_nothing_up(
    app: App, collector: Collector, kind: str, events: Events
) -> None:
    with lambda_with(app, BATCH.format(kind=kind), collector, timeout=30) as runtime:
        for number in range(100):
            messages = [f"{number} {message}" for message in range(10)]
            assert runtime.invoke(events.sqs(*messages)).result == {"batchItemFailures": []}
    traces: dict[str, list[Received]] = {}
    for span in collector.spans:
        traces.setdefault(span.trace_id, []).append(span)
    assert len(traces) == 100
    for number, (batch, *rest) in enumerate(traces.values()):
        records = {span.span_id: span for span in rest if span.kind == CONSUMER}
        charges = [span for span in rest if span.kind == INTERNAL]
        assert {record.parent_id for record in records.values()} == {batch.span_id}
        assert {charge.parent_id for charge in charges} == records.keys()
        assert {charge.attributes["order"] for charge in charges} == {f"{number} {message}" for message in range(10)}
        assert (len(records), len(charges)) == (10, 10)


def test_without_an_endpoint_spans_go_to_the_x_ray_daemon(app: App, daemon: Daemon) -> None:
    variables = {"LAMBDAKIT_TRACER": "otel", "AWS_XRAY_DAEMON_ADDRESS": daemon.address}
    with LocalRuntime(
        "app.handler",
        task_root=app(HANDLER.format(kind="async def")),
        environment=variables,
        init_timeout=30,
        timeout=30,
        function_name="orders",
    ) as runtime:
        assert runtime.invoke({"order": "o-0"}, trace_id=XRAY.format(0)).result == "o-0"
        assert runtime.invoke({"order": "o-1"}, trace_id=XRAY.format(1)).result == "o-1"
        root, charge = daemon.spans(2)
        assert daemon.rest() == []
    assert (root.name, root.trace_id, root.parent_id) == (
        "orders",
        "5759e988bd862e3fe1be46a994272793",
        "53995c3f42cd8ad8",
    )
    assert (charge.name, charge.parent_id, charge.attributes["order"]) == ("charge", root.span_id, "o-1")


def test_spans_can_go_to_standard_output(app: App) -> None:
    with LocalRuntime(
        "app.handler",
        task_root=app(HANDLER.format(kind="def")),
        environment={"OTEL_TRACES_EXPORTER": "console"},
        init_timeout=30,
        timeout=30,
    ) as runtime:
        outcome = runtime.invoke({"order": "o-1"})
    line, charge, root = lines(outcome)
    assert line["message"] == "charging"
    assert charge["parent_id"] == root["context"]["span_id"]
    assert line["trace_id"] == charge["context"]["trace_id"].removeprefix("0x")
