"""`parse`, `payload` and `encoded`: the event becomes a model, the result becomes JSON."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, assert_type

from pydantic import BaseModel, Field

from lambdakit import Context, Handler, encoded, parse, payload, stack
from lambdakit._middleware import EventMiddleware
from lambdakit.events import (
    APIGatewayProxyEvent,
    DynamodbEvent,
    EventBridgeEvent,
    KafkaEvent,
    KafkaEventRecord,
    KinesisEventRecord,
    KinesisFirehoseRecord,
    S3BatchTask,
    S3Event,
    SNSEvent,
    SNSNotification,
    SQSEvent,
    SQSMessage,
)
from lambdakit.parsing import Json


class Order(BaseModel):
    id: str
    total: Decimal


@dataclass
class Point:
    x: int


@parse
def plain(message: SQSMessage[Order], context: Context) -> Decimal:
    assert_type(message.body, Order)
    assert_type(message.attributes.approximate_receive_count, int)
    return message.body.total


@parse
async def awaited(event: SQSEvent[SNSNotification[Order]], context: Context) -> list[str]:
    assert_type(event.records[0].body.message.id, str)
    return [message.body.message.id for message in event.records]


class Shop:
    @parse
    def handler(self, event: EventBridgeEvent[Order], context: Context) -> str:
        return event.detail.id

    @parse(Point)
    async def moved(self, point: Point, context: Context) -> int:
        return point.x


assert_type(plain, Handler[object, Decimal])
assert_type(awaited, Handler[object, list[str]])
assert_type(Shop().handler, Handler[object, str])
assert_type(Shop().moved({}, None), int)
assert_type(plain({}, None), Decimal)


@parse(SQSMessage[Order])
def said(message: SQSMessage[Order], context: Context) -> Order:
    return message.body


assert_type(said, Handler[object, Order])
assert_type(parse(Order), EventMiddleware[object, Order])
assert_type(parse(list[Order]), EventMiddleware[object, list[Order]])
assert_type(parse(Order | Point), EventMiddleware[object, Order | Point])
assert_type(parse(Annotated[Order | Point, Field()]), EventMiddleware[object, Order | Point])
assert_type(payload(Order), EventMiddleware[object, Order])


@payload
def carried(order: Order, context: Context) -> str:
    return order.id


assert_type(carried, Handler[object, str])


@encoded
@parse
def answering(event: APIGatewayProxyEvent[Order | None], context: Context) -> Order | None:
    assert_type(event.body, Order | None)
    assert_type(event.headers["host"], str)
    assert_type(event.multi_value_headers["host"], list[str])
    return event.body


assert_type(answering, Handler[object, Json])
assert_type(stack(encoded)(said), Handler[object, Json])


def without_types(message: SQSMessage, sns: SNSEvent, s3: S3Event) -> None:
    assert_type(message.body, str)
    assert_type(sns.records[0].sns.message, str)
    assert_type(s3.records[0].s3.object.size, int | None)


def with_types(
    change: DynamodbEvent[Order], record: KinesisEventRecord, text: KinesisEventRecord[str], http: APIGatewayProxyEvent
) -> None:
    assert_type(change.records[0].dynamodb.new_image, Order | None)
    assert_type(record.kinesis.data, bytes)
    assert_type(text.kinesis.data, str)
    assert_type(http.body, str | None)


def of_batches(
    record: KafkaEventRecord[Order],
    keyed: KafkaEventRecord[Order | None, str],
    event: KafkaEvent[Order],
    untyped: KafkaEventRecord,
    data: KinesisFirehoseRecord[Order],
    task: S3BatchTask,
) -> None:
    assert_type(record.value, Order)
    assert_type(record.key, bytes | None)
    assert_type(record.headers, list[tuple[str, bytes]])
    assert_type(keyed.value, Order | None)
    assert_type(keyed.key, str | None)
    assert_type(event.records["orders-0"][0].value, Order)
    assert_type(untyped.value, bytes)
    assert_type(data.data, Order)
    assert_type(task.s3_version_id, str | None)


def made_by_hand(other: SQSMessage[Order]) -> SQSMessage[Order]:
    return SQSMessage[Order](
        message_id="1",
        receipt_handle="r",
        body=Order(id="o-1", total=Decimal(1)),
        attributes=other.attributes,
        md5_of_body="",
        event_source_arn="arn",
        aws_region="eu-west-1",
    )


orders = parse(Order)


@orders  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def wrong_model(point: Point, context: Context) -> None: ...


@parse  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def one_parameter(order: Order) -> None: ...


plain("text", None, 1)  # error: mypy[call-arg] pyright[reportCallIssue]
parse()  # error: mypy[call-overload] pyright[reportCallIssue]
parse(model=Order)  # error: mypy[call-overload] pyright[reportCallIssue]
encoded()  # error: mypy[call-overload] pyright[reportCallIssue]
encoded(plain, indent=2)  # error: mypy[call-overload] pyright[reportCallIssue]
