"""An SQS event that carries orders, as one would write it with pydantic alone."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Json


class Order(BaseModel):
    id: str
    total: Decimal


class Attributes(BaseModel):
    ApproximateReceiveCount: int
    ApproximateFirstReceiveTimestamp: datetime
    SenderId: str
    SentTimestamp: datetime
    MessageGroupId: str | None = None
    MessageDeduplicationId: str | None = None
    SequenceNumber: str | None = None
    AWSTraceHeader: str | None = None
    DeadLetterQueueSourceArn: str | None = None


class MessageAttribute(BaseModel):
    dataType: str  # noqa: N815 - AWS's names
    stringValue: str | None = None  # noqa: N815
    binaryValue: bytes | None = None  # noqa: N815


class Message(BaseModel):
    messageId: str  # noqa: N815
    receiptHandle: str  # noqa: N815
    body: Json[Order]
    attributes: Attributes
    messageAttributes: dict[str, MessageAttribute]  # noqa: N815
    md5OfBody: str  # noqa: N815
    eventSource: Literal["aws:sqs"]  # noqa: N815
    eventSourceARN: str  # noqa: N815
    awsRegion: str  # noqa: N815


class Event(BaseModel):
    Records: list[Message]
