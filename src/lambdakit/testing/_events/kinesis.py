"""Amazon Kinesis Data Streams: see "Using Lambda to process records from Amazon Kinesis Data Streams"."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdakit.testing._ids import ACCOUNT

from .builder import NEW_YEAR, Builder, arn, milliseconds, region_of
from .payloads import bytes_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class KinesisRecord:
    """A record that differs from the rest; what `kinesis_record` gives, to be handed to `kinesis`."""

    payload: object
    partition_key: str = "partition-key"
    sequence_number: str | None = None


class Kinesis(Builder):
    """Events of Amazon Kinesis Data Streams."""

    def kinesis(
        self, *records: object, stream: str = "stream", shard: int = 0, at: datetime = NEW_YEAR
    ) -> dict[str, Any]:
        """A batch of records of one shard.

        Args:
            *records: A payload each, or what `kinesis_record` gives; bytes are the data as it is. None makes an empty
                batch, which AWS sends only at the end of a window.
            stream: Its name, or its ARN.
            shard: The number of the shard.
            at: When the records arrived, with a time zone.

        Returns:
            The event; sequence numbers rise, from one event to the next, too.

        Raises:
            EncodeError: A payload has no form in JSON.
            OptionError: The stream or the time is none.
        """
        stream_arn = arn("stream", stream, service="kinesis", resource="stream/{}")
        arrived = milliseconds(at) / 1000
        made = []
        for number, given in enumerate(records, 1):
            record = given if isinstance(given, KinesisRecord) else KinesisRecord(given)
            following = self._ids.sequence_number(49545115243490985018280067714973144582180062593244200961)
            sequence = following if record.sequence_number is None else record.sequence_number
            data = bytes_of(record.payload, f"events.kinesis, record {number}")
            made.append(
                {
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": record.partition_key,
                        "sequenceNumber": sequence,
                        "data": b64encode(data).decode(),
                        "approximateArrivalTimestamp": arrived,
                    },
                    "eventSource": "aws:kinesis",
                    "eventVersion": "1.0",
                    "eventID": f"shardId-{shard:012}:{sequence}",
                    "eventName": "aws:kinesis:record",
                    "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/function",
                    "awsRegion": region_of(stream_arn),
                    "eventSourceARN": stream_arn,
                }
            )
        return {"Records": made}

    def kinesis_record(
        self, payload: object, *, partition_key: str = "partition-key", sequence_number: str | None = None
    ) -> KinesisRecord:
        """A record that differs from the rest, to be handed to `kinesis`.

        Args:
            payload: As for `kinesis`.
            partition_key: The key that chose the shard.
            sequence_number: A big integer in digits; by default the next one.
        """
        return KinesisRecord(payload, partition_key, sequence_number)
