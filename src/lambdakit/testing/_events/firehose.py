"""Amazon Data Firehose: see "Transform source data in Amazon Data Firehose" in its Developer Guide."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .builder import NEW_YEAR, Builder, arn, milliseconds, region_of
from .payloads import bytes_of

if TYPE_CHECKING:
    from datetime import datetime

_SEQUENCE = 49546986683135544286507457936321625675700192471156785154


@dataclass(frozen=True, slots=True)
class FirehoseRecord:
    """A record that differs from the rest; what `firehose_record` gives, to be handed to `firehose`."""

    payload: object
    record_id: str | None = None
    partition_key: str = "partition-key"


class Firehose(Builder):
    """Events of Amazon Data Firehose."""

    def firehose(
        self, *records: object, stream: str = "stream", source: str | None = None, at: datetime = NEW_YEAR
    ) -> dict[str, Any]:
        """A batch of records to transform.

        Args:
            *records: A payload each, or what `firehose_record` gives; bytes are the data as it is.
            stream: The Firehose stream: its name, or its ARN.
            source: The Kinesis data stream that it reads from: its name, or its ARN. None if records are put into it.
            at: When the records arrived, with a time zone.

        Returns:
            The event.

        Raises:
            EncodeError: A payload has no form in JSON.
            OptionError: A stream or the time is none.
        """
        stream_arn = arn("stream", stream, service="firehose", resource="deliverystream/{}")
        source_arn = None if source is None else arn("source", source, service="kinesis", resource="stream/{}")
        arrived = milliseconds(at)
        made = []
        for number, given in enumerate(records, 1):
            record = given if isinstance(given, FirehoseRecord) else FirehoseRecord(given)
            sequence = self._ids.sequence_number(_SEQUENCE)
            metadata = {
                "shardId": "shardId-000000000000",
                "partitionKey": record.partition_key,
                "approximateArrivalTimestamp": arrived,
                "sequenceNumber": sequence,
                "subsequenceNumber": "0",
            }
            data = bytes_of(record.payload, f"events.firehose, record {number}")
            made.append(
                {
                    "recordId": f"{sequence}000000" if record.record_id is None else record.record_id,
                    "approximateArrivalTimestamp": arrived,
                    **({} if source_arn is None else {"kinesisRecordMetadata": metadata}),
                    "data": b64encode(data).decode(),
                }
            )
        return {
            "invocationId": self._ids.uuid(),
            **({} if source_arn is None else {"sourceKinesisStreamArn": source_arn}),
            "deliveryStreamArn": stream_arn,
            "region": region_of(stream_arn),
            "records": made,
        }

    def firehose_record(
        self, payload: object, *, record_id: str | None = None, partition_key: str = "partition-key"
    ) -> FirehoseRecord:
        """A record that differs from the rest, to be handed to `firehose`.

        Args:
            payload: As for `firehose`.
            record_id: By what the answer names it; by default a new one.
            partition_key: In the Kinesis data stream, where Firehose reads from one.
        """
        return FirehoseRecord(payload, record_id, partition_key)
