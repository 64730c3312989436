"""Amazon DynamoDB Streams: `DynamodbEvent`, a batch of `DynamodbStreamRecord`.

See "Using AWS Lambda with Amazon DynamoDB" in the AWS Lambda Developer Guide, and "Record" and "StreamRecord" in the
Amazon DynamoDB Streams API Reference.
"""

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import AwareDatetime
from typing_extensions import TypeVar

from ._base import AWSModel, pascal
from ._codecs import FromImage

Item = TypeVar("Item", default=dict[str, object])


class StreamRecord(AWSModel, Generic[Item], alias_generator=pascal):
    """What has changed.

    Attributes typed by DynamoDB become Python's: numbers Decimal (exact, 38 digits), binary data bytes, sets set.

    Attributes:
        keys: The primary key of the item.
        new_image: The item after the change; None if it was removed, or the stream does not carry it.
        old_image: The item before the change; None if it is new, or the stream does not carry it.
        sequence_number: Its place in the shard: a big integer, as text.
        stream_view_type: `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`.
    """

    keys: Annotated[dict[str, object], FromImage]
    new_image: Annotated[Item | None, FromImage] = None
    old_image: Annotated[Item | None, FromImage] = None
    approximate_creation_date_time: AwareDatetime | None = None
    sequence_number: str
    size_bytes: int
    stream_view_type: str


class DynamodbIdentity(AWSModel):
    """Who removed an item where no one did: `principal_id` is `dynamodb.amazonaws.com` when its time to live was up."""

    type: str
    principal_id: str


class DynamodbStreamRecord(AWSModel, Generic[Item]):
    """One change of an item.

    `DynamodbStreamRecord[Order]` has an `Order` as each image; without a type, images are dicts.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("DynamoDB",)

    dynamodb: StreamRecord[Item]
    event_source: Literal["aws:dynamodb"] = "aws:dynamodb"
    event_id: str
    event_name: Literal["INSERT", "MODIFY", "REMOVE"]
    event_version: str
    event_source_arn: str
    aws_region: str
    user_identity: DynamodbIdentity | None = None


class DynamodbEvent(AWSModel, Generic[Item], alias_generator=pascal):
    """A batch of changes: `DynamodbEvent[Order]` has an `Order` as each image."""

    aws_sources: ClassVar[tuple[str, ...]] = ("DynamoDB",)

    records: list[DynamodbStreamRecord[Item]]
