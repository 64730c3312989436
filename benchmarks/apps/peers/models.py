"""A whole SQS event as a model."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.models import SqsModel, SqsRecordModel
from aws_lambda_powertools.utilities.parser.types import Json

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Order(BaseModel):
    id: str
    total: Decimal


class OrderSqsRecord(SqsRecordModel):
    body: Json[Order]


class OrdersSqsEvent(SqsModel):
    Records: Sequence[OrderSqsRecord]


@event_parser(model=OrdersSqsEvent)
def handler(event: OrdersSqsEvent, context: "LambdaContext") -> str:
    return str(sum(record.body.total for record in event.Records))
