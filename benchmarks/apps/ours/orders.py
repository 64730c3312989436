"""Log, batch and models together: what most functions behind a queue have."""

from decimal import Decimal

from pydantic import BaseModel

from lambdakit import Context, log, logged, parse, sqs_batch
from lambdakit.events import SQSMessage


class Order(BaseModel):
    id: str
    total: Decimal


@logged(service="orders")
@sqs_batch
@parse
def handler(message: SQSMessage[Order], context: Context) -> None:
    log.info("charging", order=message.body.id, total=float(message.body.total), currency="EUR")
