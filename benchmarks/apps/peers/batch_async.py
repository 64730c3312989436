"""A batch, and an async function that does nothing for each message. The peer starts all messages at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType, async_process_partial_response

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

processor = AsyncBatchProcessor(event_type=EventType.SQS)


async def record_handler(record: SQSRecord) -> None:
    pass


def handler(event: dict[str, Any], context: LambdaContext) -> object:
    return async_process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
