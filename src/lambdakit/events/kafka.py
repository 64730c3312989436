"""Apache Kafka, Amazon MSK or self-managed: `KafkaEvent`, batches of `KafkaEventRecord`.

See "Using Lambda with Amazon MSK", "Using Lambda with self-managed Apache Kafka" and "Using schema registries with
Kafka event sources in Lambda" in the AWS Lambda Developer Guide.
"""

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import AwareDatetime, BeforeValidator, Field
from typing_extensions import TypeVar

from ._base import AWSModel
from ._codecs import FromBase64

Value = TypeVar("Value", default=bytes)
Key = TypeVar("Key", default=bytes)

_ARN = "eventSourceArn"  # everywhere else it is eventSourceARN


class KafkaSchemaMetadata(AWSModel):
    """The schema that a key or a value was checked with, where the mapping has a schema registry.

    Attributes:
        data_format: `JSON`, `AVRO` or `PROTOBUF`.
    """

    data_format: str
    schema_id: str


def _header(given: object) -> object:
    """A header as a pair; Lambda has one as `{"name": [104, 105]}`, of Java's bytes, which are signed."""
    if not isinstance(given, dict) or len(given) != 1:
        return given
    ((name, value),) = given.items()
    try:
        return name, bytes(byte + 256 if byte < 0 else byte for byte in value or ())
    except (TypeError, ValueError):
        return name, value  # pydantic will say what is wrong with it


class KafkaEventRecord(AWSModel, Generic[Value, Key]):
    """One record of a topic; what a handler gets under `kafka_batch`.

    `KafkaEventRecord` has value and key as bytes, `KafkaEventRecord[Order]` has an `Order` as its value, decoded from
    JSON, `KafkaEventRecord[Order, str]` has its key as text, too. For topics with tombstones, which are records with no
    value, write `KafkaEventRecord[Order | None]`.

    Attributes:
        offset: Its place in the partition.
        timestamp: When it was created, or appended to the log: see `timestamp_type`.
        timestamp_type: `CREATE_TIME` or `LOG_APPEND_TIME`.
        key: Out of base64; None if it has none.
        value: Out of base64, and out of gzip where it is not wanted as `bytes`.
        headers: Names and values, in their order. A name may come several times: `dict(record.headers)` has the last.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("Kafka",)

    topic: str
    partition: int
    offset: int
    timestamp: AwareDatetime
    timestamp_type: str
    key: Annotated[Key | None, FromBase64] = None
    value: Annotated[Value, FromBase64] = Field(default=None, validate_default=True)
    headers: list[Annotated[tuple[str, bytes], BeforeValidator(_header)]] = Field(
        default_factory=list[tuple[str, bytes]]
    )
    key_schema_metadata: KafkaSchemaMetadata | None = None
    value_schema_metadata: KafkaSchemaMetadata | None = None


def _servers(given: object) -> object:
    return given.split(",") if isinstance(given, str) else given


class KafkaEvent(AWSModel, Generic[Value, Key]):
    """Records of one partition or several: `KafkaEvent[Order]` has an `Order` in the value of each.

    Attributes:
        event_source_arn: Of the cluster, if it is one of Amazon MSK.
        bootstrap_servers: The brokers, `host:port`.
        records: By topic and partition: `orders-0`.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("Kafka",)

    event_source: Literal["aws:kafka", "SelfManagedKafka", "aws:SelfManagedKafka"]
    event_source_arn: str | None = Field(None, validation_alias=_ARN, serialization_alias=_ARN)
    bootstrap_servers: Annotated[list[str], BeforeValidator(_servers)] = Field(default_factory=list[str])
    records: dict[str, list[KafkaEventRecord[Value, Key]]]
