"""A metric for each invocation."""

from __future__ import annotations

from lambdakit import Context, measured, metrics


@measured(namespace="Shop", service="orders")
def handler(event: object, context: Context) -> None:
    metrics.count("Charged")
