"""Topics of Apache Kafka."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError
from lambdakit.testing._events.kafka import Kafka, KafkaRecord

from ._lane import Retries
from ._options import check_count, check_seconds
from ._record import Record
from ._retrying import RetryingSource

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from .clock import FakeClock
    from .faults import Fault


class FakeKafka(RetryingSource):
    """Topics of a Kafka cluster with a handler mapped to them.

        kafka = FakeKafka(handler, topics={"orders": 2}, maximum_retry_attempts=2)
        kafka.send(first, second, key="customer-7")
        kafka.drain()
        assert kafka.processed == [first, second]

    A batch can hold records of several partitions, each in the order of its offsets. An answer names a record by an
    object, `{"itemIdentifier": {"partition": "orders-0", "offset": 12}}`: those that it names come again, and
    no others. When the handler raises, and when the answer names a record that the event did not have, all of the batch
    comes again.
    What failed is settled before anything else is delivered. See "Configuring error handling controls for Kafka event
    sources" in the AWS Lambda Developer Guide.

    Args:
        handler: What Lambda would call with `(event, context)`: plain, or async and decorated.
        topics: How many partitions each topic has.
        cluster: The name of the cluster, or the ARN of an MSK cluster.
        self_managed: Whether the cluster is not one of Amazon MSK.
        batch_size: How many records a batch may have, up to 10,000.
        bisect_on_error: Whether a failed batch comes again in two halves, which uses up no retry.
        maximum_retry_attempts: How often a batch is tried again before it is discarded, up to 10,000; None: always.
        maximum_record_age: Seconds after which a record is discarded and not sent: 60 to 604,800; None: never.
        report_item_failures: Whether the mapping has `ReportBatchItemFailures`. Without it, the answer is ignored, and
            all is processed unless the handler raises.
        timeout: Seconds that the function may run: at most 840, with Kafka.
        clock: Its time; by default a clock of its own.
        faults: What goes wrong, delivery by delivery; None where nothing does. See `Fault`.

    Raises:
        HandlerError: The handler cannot be called with an event and a context, or is a bare `async def`.
        OptionError: AWS has no such mapping, or there is no topic.

    Limitations:
        On AWS, `report_item_failures` and the three options before it need provisioned mode. One poller reads all
        partitions, one batch at a time. The partition of a key comes from its MD5, where Kafka's clients take murmur2.
        Waits and counts of retries are those of `FakeStream`. Records have values; there are no tombstones.
    """

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        topics: Mapping[str, int] | None = None,
        cluster: str = "cluster",
        self_managed: bool = False,
        batch_size: int = 100,
        bisect_on_error: bool = False,
        maximum_retry_attempts: int | None = None,
        maximum_record_age: float | None = None,
        report_item_failures: bool = True,
        timeout: float = 30.0,
        clock: FakeClock | None = None,
        faults: Iterable[Fault | None] = (),
    ) -> None:
        check_seconds("timeout", timeout, 0, 840)
        super().__init__(
            handler,
            name=cluster,
            lanes=1,
            retries=Retries(
                batch_size=batch_size,
                bisect_on_error=bisect_on_error,
                maximum_retry_attempts=maximum_retry_attempts,
                maximum_record_age=maximum_record_age,
                only_reported=True,
            ),
            report_item_failures=report_item_failures,
            timeout=timeout,
            clock=clock,
            faults=faults,
        )
        self._topics = {"topic": 1} if topics is None else dict(topics)
        if not self._topics:
            msg = "topics: expected at least one, with the number of its partitions, such as {'orders': 2}; got none"
            raise OptionError(msg)
        for topic, partitions in self._topics.items():
            check_count(f"topics, {topic!r}", partitions, 1, 10_000)
        self._next_partition = dict.fromkeys(self._topics, 0)
        self._self_managed = self_managed
        self._events = Kafka()
        self._envelope = self._events.kafka(cluster=cluster, self_managed=self_managed)

    def send(
        self,
        *values: object,
        topic: str | None = None,
        key: str | bytes | None = None,
        partition: int | None = None,
        headers: Mapping[str, bytes] | None = None,
    ) -> list[tuple[str, int]]:
        """Write records.

        Args:
            *values: A payload each; bytes are the value as it is.
            topic: Where to; may be left out if there is only one.
            key: Their key: records with one key are in one partition, in order.
            partition: The number of their partition; by default the key's. Without a key, each record goes to the next
                one.
            headers: Their headers.

        Returns:
            Where they are: `("orders-0", 12)` is the offset 12 in the partition 0.

        Raises:
            EncodeError: A value has no form in JSON; nothing is sent.
            OptionError: There is no such topic or partition; nothing is sent.
        """
        topic = self._topic(topic)
        partitions = self._topics[topic]
        if partition is not None:
            check_count("partition", partition, 0, partitions - 1)
        records: list[KafkaRecord] = []
        following = self._next_partition[topic]
        for value in values:
            if partition is not None:
                home = partition
            elif key is not None:
                home = _partition_of(key, partitions)
            else:
                home, following = following, (following + 1) % partitions
            records.append(KafkaRecord(value, key, headers, topic, home))
        self._check(records)
        self._next_partition[topic] = following
        return [self._write(record) for record in records]

    @property
    def committed(self) -> dict[str, int]:
        """Per partition, the offset that is read next after a restart: all before it is processed or discarded."""
        offsets = {f"{topic}-{number}": 0 for topic, count in self._topics.items() for number in range(count)}
        for home, offset in sorted(_place(record) for record in (*self._processed, *self._discarded)):
            if offset == offsets[home]:
                offsets[home] += 1
        return offsets

    def _topic(self, topic: str | None) -> str:
        if topic is None and len(self._topics) == 1:
            return next(iter(self._topics))
        if topic is None or topic not in self._topics:
            msg = f"topic: expected one of {', '.join(self._topics)}; got {topic!r}"
            raise OptionError(msg)
        return topic

    def _check(self, records: Sequence[KafkaRecord]) -> None:
        """Build the records with a builder that is thrown away, so that all of them are good before one is written."""
        Kafka().kafka(*records)

    def _write(self, record: KafkaRecord) -> tuple[str, int]:
        event = self._events.kafka(record, at=self.clock.now)
        ((home, (raw,)),) = event["records"].items()
        self._lanes[0].add(Record(record.payload, (home, raw["offset"]), raw, self.clock.milliseconds))
        return home, raw["offset"]

    def _event_of(self, records: Sequence[Record]) -> dict[str, Any]:
        by_partition: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            by_partition.setdefault(_place(record)[0], []).append(record.raw)
        return {**self._envelope, "records": by_partition}

    def _key_of(self, identifier: object) -> Hashable:
        match identifier:
            case {"partition": str(partition), "offset": int(offset)} if not isinstance(offset, bool):
                return partition, offset
            case _:
                return None


def _place(record: Record) -> tuple[str, int]:
    return f"{record.raw['topic']}-{record.raw['partition']}", record.raw["offset"]


def _partition_of(key: str | bytes, partitions: int) -> int:
    raw = key.encode() if isinstance(key, str) else key
    return int.from_bytes(md5(raw, usedforsecurity=False).digest()) % partitions
