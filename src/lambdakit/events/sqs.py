"""Amazon SQS: `SQSEvent`, a batch of `SQSMessage`.

See "Using Lambda with Amazon SQS" in the AWS Lambda Developer Guide, and "Message" in the Amazon SQS API Reference.
"""

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import AwareDatetime, BeforeValidator, Field
from typing_extensions import TypeVar

from ._base import AWSModel, pascal
from ._codecs import FromText, bytes_from_base64

Body = TypeVar("Body", default=str)


class SQSMessageSystemAttributes(AWSModel, alias_generator=pascal):
    """What SQS says of a message.

    Attributes:
        approximate_receive_count: How often it was received, this time included.
        approximate_first_receive_timestamp: When it was received for the first time.
        sender_id: Of the IAM user or role, or the IP address, that sent it.
        sent_timestamp: When it was sent.
        message_group_id: Within a FIFO queue, what it is in order with. Standard queues may have it, too.
        message_deduplication_id: In a FIFO queue, what SQS knows a second sending by.
        sequence_number: In a FIFO queue, its place.
        aws_trace_header: The X-Ray trace that it was sent in.
        dead_letter_queue_source_arn: The queue that it was moved away from.
    """

    approximate_receive_count: int
    approximate_first_receive_timestamp: AwareDatetime
    sender_id: str
    sent_timestamp: AwareDatetime
    message_group_id: str | None = None
    message_deduplication_id: str | None = None
    sequence_number: str | None = None
    aws_trace_header: str | None = None
    dead_letter_queue_source_arn: str | None = None


class SQSMessageAttribute(AWSModel):
    """An attribute that the sender set. `data_type` is `String`, `Number` or `Binary`, perhaps with a `.label`."""

    data_type: str
    string_value: str | None = None
    binary_value: Annotated[bytes | None, BeforeValidator(bytes_from_base64)] = None


class SQSMessage(AWSModel, Generic[Body]):
    """One message of a queue; what a handler gets under `sqs_batch`.

    `SQSMessage` has the body as text, `SQSMessage[Order]` has an `Order`, decoded from JSON. Envelopes nest:
    `SQSMessage[SNSNotification[Order]]`, `SQSMessage[S3Event]`, `SQSMessage[EventBridgeEvent[Order]]`.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("SQS",)

    message_id: str
    receipt_handle: str
    body: Annotated[Body, FromText]
    attributes: SQSMessageSystemAttributes
    message_attributes: dict[str, SQSMessageAttribute] = Field(default_factory=dict[str, SQSMessageAttribute])
    md5_of_body: str
    event_source: Literal["aws:sqs"] = "aws:sqs"
    event_source_arn: str
    aws_region: str


class SQSEvent(AWSModel, Generic[Body], alias_generator=pascal):
    """A batch of messages: `SQSEvent[Order]` has an `Order` in the body of each."""

    aws_sources: ClassVar[tuple[str, ...]] = ("SQS",)

    records: list[SQSMessage[Body]]
