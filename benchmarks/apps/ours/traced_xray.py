"""An invocation as a subsegment of X-Ray, sent to a daemon that is not there, which nobody notices."""

from __future__ import annotations

from lambdakit import Context, traced
from lambdakit.tracers import XRayTracer


@traced(tracer=XRayTracer())
def handler(event: object, context: Context) -> object:
    return event
