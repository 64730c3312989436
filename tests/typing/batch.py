"""The batch decorators: a handler of one record becomes a handler of an event of many."""

from typing import Any, assert_type

from pydantic import BaseModel

from lambdakit import (
    Context,
    Handler,
    dynamodb_batch,
    firehose_transform,
    kafka_batch,
    kinesis_batch,
    parse,
    payload,
    s3_batch,
    sqs_batch,
    stack,
)
from lambdakit.batch import (
    DROPPED,
    Dropped,
    FirehoseResponse,
    KafkaBatchResponse,
    S3BatchResponse,
    SQSBatchResponse,
    SQSItemFailure,
    StreamBatchResponse,
    StreamItemFailure,
)
from lambdakit.events import DynamodbStreamRecord, KafkaEventRecord, KinesisFirehoseRecord, S3BatchTask


class Order(BaseModel):
    id: str


@sqs_batch
def plain(message: dict[str, Any], context: Context) -> None: ...


@sqs_batch(on_all_failed="report")
async def awaited(message: dict[str, Any], context: Context) -> str:
    return str(message["body"])


assert_type(plain, Handler[object, SQSBatchResponse])
assert_type(awaited, Handler[object, SQSBatchResponse])
assert_type(stack(sqs_batch())(plain.function)({}, None), SQSBatchResponse)


@kafka_batch
@parse
def from_kafka(record: KafkaEventRecord[Order, str], context: Context) -> None: ...


@kinesis_batch
@payload
async def from_kinesis(order: Order, context: Context) -> None: ...


@dynamodb_batch
@parse
def from_dynamodb(record: DynamodbStreamRecord[Order], context: Context) -> None: ...


@firehose_transform
@parse
def transformed(record: KinesisFirehoseRecord[Order], context: Context) -> Order | Dropped:
    return record.data if record.data.id else DROPPED


@s3_batch(permanent=(ValueError,))
@parse
def each_object(task: S3BatchTask, context: Context) -> str:
    return task.s3_key


assert_type(from_kafka, Handler[object, KafkaBatchResponse])
assert_type(from_kinesis, Handler[object, StreamBatchResponse])
assert_type(from_dynamodb, Handler[object, StreamBatchResponse])
assert_type(transformed, Handler[object, FirehoseResponse])
assert_type(each_object, Handler[object, S3BatchResponse])
assert_type(plain({}, None)["batchItemFailures"], list[SQSItemFailure])
assert_type(from_kinesis({}, None)["batchItemFailures"], list[StreamItemFailure])
assert_type(from_kafka({}, None)["batchItemFailures"][0]["itemIdentifier"]["offset"], int)


@sqs_batch  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def wrong(message: int, context: Context) -> None: ...


sqs_batch(on_all_failed="retry")  # error: mypy[call-overload] pyright[reportArgumentType]
sqs_batch(on_all_fail="raise")  # error: mypy[call-overload] pyright[reportCallIssue]
sqs_batch("raise")  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType]
