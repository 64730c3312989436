"""A handler that could be traced, and a span in it; there is no tracer."""

from __future__ import annotations

from lambdakit import Context, span, traced


@traced
def handler(event: object, context: Context) -> object:
    with span("charge"):
        return event
