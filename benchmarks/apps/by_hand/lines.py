"""Log lines with three fields of their own, from structlog alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._logs import begin, log

if TYPE_CHECKING:
    from lambdakit import Context


def handler(event: dict[str, int], context: Context) -> None:
    begin(context)
    for _ in range(event["lines"]):
        log.info("charging", order="order-0", total=12.5, currency="EUR")
