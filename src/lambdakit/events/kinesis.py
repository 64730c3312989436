"""Amazon Kinesis Data Streams: `KinesisEvent`, a batch of `KinesisEventRecord`.

See "Using Lambda to process records from Amazon Kinesis Data Streams" in the AWS Lambda Developer Guide.
"""

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import AwareDatetime
from typing_extensions import TypeVar

from ._base import AWSModel, pascal
from ._codecs import FromBase64

Data = TypeVar("Data", default=bytes)


class KinesisRecord(AWSModel, Generic[Data]):
    """What the producer has put into the stream.

    Attributes:
        data: Out of base64, and out of gzip where it is not wanted as `bytes`, as CloudWatch Logs sends it.
        sequence_number: Its place in the shard: a big integer, as text.
    """

    kinesis_schema_version: str
    partition_key: str
    sequence_number: str
    data: Annotated[Data, FromBase64]
    approximate_arrival_timestamp: AwareDatetime
    encryption_type: str | None = None


class KinesisEventRecord(AWSModel, Generic[Data]):
    """One record of a stream.

    `KinesisEventRecord` has the data as bytes, `KinesisEventRecord[str]` as text in UTF-8, `KinesisEventRecord[Order]`
    as an `Order`, decoded from JSON.

    Attributes:
        event_id: The shard and the sequence number.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("Kinesis",)

    kinesis: KinesisRecord[Data]
    event_source: Literal["aws:kinesis"] = "aws:kinesis"
    event_id: str
    event_name: str
    event_version: str
    event_source_arn: str
    invoke_identity_arn: str
    aws_region: str


class KinesisEvent(AWSModel, Generic[Data], alias_generator=pascal):
    """A batch of records: `KinesisEvent[Order]` has an `Order` in the data of each."""

    aws_sources: ClassVar[tuple[str, ...]] = ("Kinesis",)

    records: list[KinesisEventRecord[Data]]
