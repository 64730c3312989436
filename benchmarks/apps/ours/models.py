"""A whole SQS event as a model."""

from decimal import Decimal

from pydantic import BaseModel

from lambdakit import Context, parse
from lambdakit.events import SQSEvent


class Order(BaseModel):
    id: str
    total: Decimal


@parse
def handler(event: SQSEvent[Order], context: Context) -> str:
    return str(sum(message.body.total for message in event.records))
