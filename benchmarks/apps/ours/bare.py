"""A handler with no layer."""

from __future__ import annotations

from lambdakit import Context, Handler


@Handler
def handler(event: object, context: Context) -> object:
    return event
