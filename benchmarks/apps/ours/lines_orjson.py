"""Log lines with three fields of their own, made by orjson."""

from __future__ import annotations

import orjson

from lambdakit import Context, log, logged


@logged(service="orders", serializer=orjson.dumps)
def handler(event: dict[str, int], context: Context) -> None:
    for _ in range(event["lines"]):
        log.info("charging", order="order-0", total=12.5, currency="EUR")
