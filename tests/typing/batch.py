"""`sqs_batch`: a handler of one message becomes a handler of an SQS event."""

from typing import Any, assert_type

from lambdakit import Context, Handler, sqs_batch, stack
from lambdakit.batch.sqs import SQSBatchResponse


@sqs_batch
def plain(message: dict[str, Any], context: Context) -> None: ...


@sqs_batch(on_all_failed="report")
async def awaited(message: dict[str, Any], context: Context) -> str:
    return str(message["body"])


assert_type(plain, Handler[object, SQSBatchResponse])
assert_type(awaited, Handler[object, SQSBatchResponse])
assert_type(stack(sqs_batch())(plain.function)({}, None), SQSBatchResponse)


@sqs_batch  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def wrong(message: int, context: Context) -> None: ...


sqs_batch(on_all_failed="retry")  # error: mypy[call-overload] pyright[reportArgumentType]
sqs_batch(on_all_fail="raise")  # error: mypy[call-overload] pyright[reportCallIssue]
sqs_batch("raise")  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType]
