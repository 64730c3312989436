"""An invocation as a span of OpenTelemetry, by its own instrumentation of Lambda, which is exported nowhere."""

from __future__ import annotations

import os

from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider


def handler(event: object, context: object) -> object:
    return event


os.environ["_HANDLER"] = f"{__name__}.handler"
AwsLambdaInstrumentor().instrument(tracer_provider=TracerProvider(), meter_provider=MeterProvider())
