"""An invocation as a subsegment of X-Ray, sent to a daemon that is not there, which nobody notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Tracer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

tracer = Tracer(service="orders", auto_patch=False)


@tracer.capture_lambda_handler(capture_response=False)
def handler(event: object, context: LambdaContext) -> object:
    return event
