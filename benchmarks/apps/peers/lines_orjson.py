"""Log lines with three fields of their own, made by orjson."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def to_json(line: dict[str, Any]) -> str:
    return orjson.dumps(line).decode()


logger = Logger(service="orders", json_serializer=to_json)


@logger.inject_lambda_context
def handler(event: dict[str, int], context: LambdaContext) -> None:
    for _ in range(event["lines"]):
        logger.info("charging", order="order-0", total=12.5, currency="EUR")
