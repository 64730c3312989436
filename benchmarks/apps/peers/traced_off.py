"""A handler that could be traced, and a subsegment in it; tracing is switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Tracer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

tracer = Tracer(service="orders", disabled=True)


@tracer.capture_lambda_handler
def handler(event: object, context: LambdaContext) -> object:
    with tracer.provider.in_subsegment("charge"):
        return event
