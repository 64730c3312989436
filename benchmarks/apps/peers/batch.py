"""A batch, and a function that does nothing for each message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

processor = BatchProcessor(event_type=EventType.SQS)


def record_handler(record: SQSRecord) -> None:
    pass


def handler(event: dict[str, Any], context: LambdaContext) -> object:
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
