"""Five middlewares that do nothing. The middleware factory is for plain functions only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.middleware_factory import lambda_handler_decorator

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@lambda_handler_decorator
def passing(handler: Any, event: object, context: LambdaContext) -> object:
    return handler(event, context)


@passing
@passing
@passing
@passing
@passing
def handler(event: object, context: LambdaContext) -> object:
    return event
