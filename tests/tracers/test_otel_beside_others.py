"""OpenTelemetry's own instrumentation beside `OTelTracer`: of Lambda, and of botocore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.tracers.otel_apps import lambda_with

if TYPE_CHECKING:
    from lambdakit.testing import Events
    from tests.tracers.conftest import App
    from tests.tracers.receivers import Collector


@pytest.mark.parametrize("sqs", [False, True])
def test_under_opentelemetrys_own_instrumentation_nothing_is_doubled(
    app: App, collector: Collector, sqs: bool, events: Events
) -> None:
    source = """
        import os

        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider()  # as a layer does before the handler is imported
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)

        from lambdakit import span, sqs_batch, traced

        @sqs_batch
        def batch(message, context):
            with span("charge"):
                pass

        def single(event, context):
            with span("charge"):
                pass

        handler = traced(batch if os.environ["LAMBDAKIT_SERVICE"] == "batch" else single)
        AwsLambdaInstrumentor().instrument()
    """
    with lambda_with(
        app,
        source,
        collector,
        timeout=30,
        function_name="orders",
        environment={"LAMBDAKIT_SERVICE": "batch" if sqs else "single", "OTEL_TRACES_EXPORTER": "otlp"},
    ) as runtime:
        outcome = runtime.invoke(events.sqs("a", queue="orders") if sqs else {})
        assert outcome.error is None
    theirs = [span for span in collector.spans if span.scope.endswith("aws_lambda")]
    ours = [span for span in collector.spans if span.scope == "lambdakit"]
    assert [span for span in collector.spans if not span.parent_id] == theirs[:1]
    assert [span.name for span in ours] == (["process orders", "charge"] if sqs else ["charge"])
    assert ours[0].parent_id == theirs[-1].span_id
    assert theirs[-1].attributes["faas.coldstart"] is True
    assert len({span.trace_id for span in collector.spans}) == 1


def test_instrumentation_of_botocore_works_beneath_it(app: App, collector: Collector, moto_sqs: Any) -> None:
    source = """
        import os

        import boto3
        from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

        from lambdakit import span, traced

        BotocoreInstrumentor().instrument()

        @traced
        def handler(event, context):
            with span("ask"):
                boto3.client("sqs").list_queues()
    """
    variables = {
        "AWS_ENDPOINT_URL": moto_sqs.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    with lambda_with(app, source, collector, timeout=60, environment=variables) as runtime:
        assert runtime.invoke({}).error is None
    root, ask, sqs = collector.spans
    assert sqs.name == "SQS.ListQueues"
    assert (sqs.parent_id, ask.parent_id) == (ask.span_id, root.span_id)
