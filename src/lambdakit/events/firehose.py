"""Amazon Data Firehose, transforming data: `KinesisFirehoseEvent`, a batch of `KinesisFirehoseRecord`.

See "Transform source data in Amazon Data Firehose" in the Amazon Data Firehose Developer Guide.
"""

from typing import Annotated, ClassVar, Generic

from pydantic import AwareDatetime
from typing_extensions import TypeVar

from ._base import AWSModel
from ._codecs import FromBase64

Data = TypeVar("Data", default=bytes)


class KinesisRecordMetadata(AWSModel):
    """Where a record was in the Kinesis data stream that Firehose reads from.

    Attributes:
        sequence_number: Its place in the shard: a big integer, as text.
        subsequence_number: Its place among those that the Kinesis Producer Library has put into one record.
    """

    shard_id: str
    partition_key: str
    approximate_arrival_timestamp: AwareDatetime
    sequence_number: str
    subsequence_number: str | None = None


class KinesisFirehoseRecord(AWSModel, Generic[Data]):
    """One record to transform; what a handler gets under `firehose_transform`.

    `KinesisFirehoseRecord` has the data as bytes, `KinesisFirehoseRecord[str]` as text in UTF-8,
    `KinesisFirehoseRecord[Order]` as an `Order`, decoded from JSON.

    Attributes:
        data: Out of base64, and out of gzip where it is not wanted as `bytes`, as CloudWatch Logs sends it.
        kinesis_record_metadata: None unless Firehose reads from a Kinesis data stream.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("Firehose",)

    record_id: str
    approximate_arrival_timestamp: AwareDatetime
    data: Annotated[Data, FromBase64]
    kinesis_record_metadata: KinesisRecordMetadata | None = None


class KinesisFirehoseEvent(AWSModel, Generic[Data]):
    """A batch of records: `KinesisFirehoseEvent[Order]` has an `Order` in the data of each.

    Attributes:
        source_kinesis_stream_arn: None unless Firehose reads from a Kinesis data stream.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("Firehose",)

    invocation_id: str
    delivery_stream_arn: str
    source_kinesis_stream_arn: str | None = None
    region: str
    records: list[KinesisFirehoseRecord[Data]]
