"""Amazon SNS: `SNSEvent`, of `SNSRecord`; and `SNSNotification`, which topics also put into queues.

See "Invoking Lambda functions with Amazon SNS notifications" in the AWS Lambda Developer Guide, and "Parsing Amazon SNS
message formats" in the Amazon SNS Developer Guide.
"""

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import AliasChoices, AwareDatetime, Field
from typing_extensions import TypeVar

from ._base import AWSModel, EmptyForNull, pascal
from ._codecs import FromText

Message = TypeVar("Message", default=str)


class SNSMessageAttribute(AWSModel, alias_generator=pascal):
    """An attribute that the publisher set.

    Attributes:
        type: `String`, `String.Array`, `Number` or `Binary`.
        value: As text: an array as JSON, binary data as base64.
    """

    type: str
    value: str


class SNSNotification(AWSModel, Generic[Message], alias_generator=pascal):
    """A message as a topic delivers it.

    `SNSNotification[Order]` has an `Order`, decoded from JSON, as its message; without a type, the message is text.

    A queue gets this envelope unless its subscription has raw message delivery on; then the body is the message itself:
    `SQSMessage[Order]`.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("SNS",)

    type: Literal["Notification"] = "Notification"
    message_id: str
    topic_arn: str
    subject: str | None = None
    message: Annotated[Message, FromText]
    timestamp: AwareDatetime
    message_attributes: Annotated[dict[str, SNSMessageAttribute], EmptyForNull] = Field(
        default_factory=dict[str, SNSMessageAttribute]
    )
    sequence_number: str | None = None
    signature_version: str | None = None
    signature: str | None = None
    # Lambda gets ...Url, queues get ...URL
    signing_cert_url: str | None = Field(None, validation_alias=AliasChoices("SigningCertUrl", "SigningCertURL"))
    unsubscribe_url: str | None = Field(None, validation_alias=AliasChoices("UnsubscribeUrl", "UnsubscribeURL"))


class SNSRecord(AWSModel, Generic[Message], alias_generator=pascal):
    """One notification, and the subscription that it came through."""

    aws_sources: ClassVar[tuple[str, ...]] = ("SNS",)

    event_source: Literal["aws:sns"] = "aws:sns"
    event_version: str
    event_subscription_arn: str
    sns: SNSNotification[Message]


class SNSEvent(AWSModel, Generic[Message], alias_generator=pascal):
    """What a function gets that is subscribed to a topic: one record.

    `SNSEvent[Order]` has an `Order`, decoded from JSON, as its message.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("SNS",)

    records: list[SNSRecord[Message]]
