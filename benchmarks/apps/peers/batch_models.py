"""A batch whose messages carry orders."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.parser import BaseModel
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.parser.types import Json

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Order(BaseModel):
    id: str
    total: Decimal


class OrderSqsRecord(SqsRecordModel):
    body: Json[Order]


processor = BatchProcessor(event_type=EventType.SQS, model=OrderSqsRecord)


def record_handler(record: OrderSqsRecord) -> None:
    assert record.body.total > 0


def handler(event: dict[str, Any], context: "LambdaContext") -> object:
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
