"""Apache Kafka, self-managed or Amazon MSK: see "Using Lambda with Amazon MSK" in the AWS Lambda Developer Guide."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError

from .builder import NEW_YEAR, Builder, arn, milliseconds
from .payloads import bytes_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_BROKERS = "b-1.abcde.c1.kafka.us-east-1.amazonaws.com:9092,b-2.abcde.c1.kafka.us-east-1.amazonaws.com:9092"


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """A record that differs from the rest; what `kafka_record` gives, to be handed to `kafka`."""

    payload: object
    key: object = None
    headers: Mapping[str, bytes] | None = None
    topic: str | None = None
    partition: int = 0
    offset: int | None = None


class Kafka(Builder):
    """Events of Apache Kafka."""

    def __init__(self, seed: str = "") -> None:
        super().__init__(seed)
        self._offsets: dict[str, int] = {}

    def kafka(
        self,
        *records: object,
        topic: str = "topic",
        cluster: str = "cluster",
        self_managed: bool = False,
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """A batch of records, of one partition or several.

        Args:
            *records: A payload each, or what `kafka_record` gives; bytes are the value as it is.
            topic: The topic of those records that name none.
            cluster: The name of the cluster, or the ARN of an MSK cluster.
            self_managed: Whether the cluster is not one of Amazon MSK, so that the event names no ARN.
            at: When the records were written, with a time zone.

        Returns:
            The event; offsets rise, from one event to the next, too.

        Raises:
            EncodeError: A payload has no form in JSON.
            OptionError: The cluster or the time is none; a topic has no name, or a partition or an offset is negative.
        """
        resource = "cluster/{}/751d2973-a626-431c-9d4e-d7975eb44dd7-2"
        cluster_arn = arn("cluster", cluster, service="kafka", resource=resource)
        written = milliseconds(at)
        by_partition: dict[str, list[dict[str, Any]]] = {}
        for number, given in enumerate(records, 1):
            record = given if isinstance(given, KafkaRecord) else KafkaRecord(given)
            made = self._kafka_record(record, f"events.kafka, record {number}", topic, written)
            by_partition.setdefault(f"{made['topic']}-{made['partition']}", []).append(made)
        return {
            "eventSource": "SelfManagedKafka" if self_managed else "aws:kafka",
            **({} if self_managed else {"eventSourceArn": cluster_arn}),
            "bootstrapServers": _BROKERS,
            "records": by_partition,
        }

    def kafka_record(
        self,
        payload: object,
        *,
        key: object = None,
        headers: Mapping[str, bytes] | None = None,
        topic: str | None = None,
        partition: int = 0,
        offset: int | None = None,
    ) -> KafkaRecord:
        """A record that differs from the rest, to be handed to `kafka`.

        Args:
            payload: As for `kafka`.
            key: The record's key, made bytes as the payload is; None if it has none.
            headers: Its headers.
            topic: Its topic; by default that of the batch.
            partition: The number of its partition.
            offset: Its place there; by default the next one.
        """
        return KafkaRecord(payload, key, headers, topic, partition, offset)

    def _kafka_record(self, record: KafkaRecord, where: str, topic: str, written: int) -> dict[str, Any]:
        topic = topic if record.topic is None else record.topic
        home = f"{topic}-{record.partition}"
        offset = self._offsets.get(home, 0) if record.offset is None else record.offset
        if not topic or record.partition < 0 or offset < 0:
            msg = f"{where}: expected a topic, and a partition and an offset of 0 or more; got {home!r}, {offset}"
            raise OptionError(msg)
        self._offsets[home] = offset + 1
        return {
            "topic": topic,
            "partition": record.partition,
            "offset": offset,
            "timestamp": written,
            "timestampType": "CREATE_TIME",
            **({} if record.key is None else {"key": b64encode(bytes_of(record.key, f"{where}, its key")).decode()}),
            "value": b64encode(bytes_of(record.payload, where)).decode(),
            # Java's bytes are signed, and Lambda writes them as they are.
            "headers": [
                {name: [byte - 256 if byte > 127 else byte for byte in value]}
                for name, value in (record.headers or {}).items()
            ],
        }
