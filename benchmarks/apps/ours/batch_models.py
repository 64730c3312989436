"""A batch whose messages carry orders."""

from decimal import Decimal

from pydantic import BaseModel

from lambdakit import Context, parse, sqs_batch
from lambdakit.events import SQSMessage


class Order(BaseModel):
    id: str
    total: Decimal


@sqs_batch
@parse
def handler(message: SQSMessage[Order], context: Context) -> None:
    assert message.body.total > 0
