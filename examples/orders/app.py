"""Charge the orders on a queue; what fails comes again, and nothing else does."""

from decimal import Decimal

from pydantic import BaseModel

from lambdakit import Context, log, logged, parse, sqs_batch
from lambdakit.events import SQSMessage


class Order(BaseModel):
    id: str
    total: Decimal


@logged(service="orders")  # JSON lines: request id, cold start, message id
@sqs_batch  # below this line: one message at a time
@parse  # the annotation says what the event is
def handler(message: SQSMessage[Order], context: Context) -> None:
    log.info("charging", order=message.body.id, total=message.body.total)
