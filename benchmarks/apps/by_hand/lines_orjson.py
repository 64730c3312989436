"""Log lines with three fields of their own, from structlog alone, made by orjson as its documentation advises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import structlog

from ._logs import begin, log

if TYPE_CHECKING:
    from lambdakit import Context

*processors, _ = structlog.get_config()["processors"]
structlog.configure(
    processors=[*processors, structlog.processors.JSONRenderer(serializer=orjson.dumps)],
    logger_factory=structlog.BytesLoggerFactory(),
)


def handler(event: dict[str, int], context: Context) -> None:
    begin(context)
    for _ in range(event["lines"]):
        log.info("charging", order="order-0", total=12.5, currency="EUR")
