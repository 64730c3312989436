"""Log, batch and models together: what most functions behind a queue have."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
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
logger = Logger(service="orders")


def record_handler(record: OrderSqsRecord) -> None:
    logger.info("charging", order=record.body.id, total=float(record.body.total), currency="EUR")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: "LambdaContext") -> object:
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
