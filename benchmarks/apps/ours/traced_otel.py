"""An invocation as a span of OpenTelemetry, which is exported nowhere."""

from __future__ import annotations

import os

from lambdakit import Context, traced
from lambdakit.tracers import OTelTracer

os.environ["OTEL_TRACES_EXPORTER"] = "none"


@traced(tracer=OTelTracer())
def handler(event: object, context: Context) -> object:
    return event
