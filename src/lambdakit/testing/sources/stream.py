"""A stream of Amazon Kinesis Data Streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit.testing._events import Events
from lambdakit.testing._events.kinesis import KinesisRecord

from ._shards import ShardedStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .clock import FakeClock
    from .faults import Fault


class FakeStream(ShardedStream):
    """A Kinesis stream with a handler mapped to it.

        stream = FakeStream(handler, maximum_retry_attempts=2, bisect_on_error=True)
        stream.send(good, bad, better)
        stream.drain()
        assert stream.processed == [good, better]
        assert stream.discarded == [bad]

    A batch is of one shard, in order, and a shard's next batch waits for it. After an answer that names records, Lambda
    goes on from the lowest sequence number in it, and sends all after that again; when the handler raises, or with an
    answer that cannot be read, all of the batch. An unknown sequence number counts as that, too. See "Using Lambda to
    process records from Amazon Kinesis Data Streams" and "Configuring partial batch response with Kinesis Data Streams
    and Lambda" in the AWS Lambda Developer Guide.

    Args:
        handler: What Lambda would call with `(event, context)`: plain, or async and decorated.
        stream: Its name, or its ARN.
        shards: How many it has. The partition key of a record chooses one, by its MD5, as in Kinesis.
        batch_size: How many records a batch may have, up to 10,000.
        bisect_on_error: Whether a failed batch comes again in two halves, which uses up no retry.
        maximum_retry_attempts: How often a batch is tried again before it is discarded, up to 10,000; None: always.
        maximum_record_age: Seconds after which a record is discarded and not sent: 60 to 604,800; None: never.
        report_item_failures: Whether the mapping has `ReportBatchItemFailures`. Without it, the answer is ignored, and
            all is processed unless the handler raises.
        timeout: Seconds that the function may run, at most 900.
        clock: Its time; by default a clock of its own.
        faults: What goes wrong, delivery by delivery; None where nothing does. See `Fault`.

    Raises:
        HandlerError: The handler cannot be called with an event and a context, or is a bare `async def`.
        OptionError: AWS has no such stream or mapping.

    Limitations:
        Shards are polled in turn, one batch at a time, each by one poller (`ParallelizationFactor` 1). How long Lambda
        waits between retries it does not say: here 1 second, then 2, 4 and so on up to 60. Nor does it say how retries
        are counted when a part of a batch came off: here the rest is a new batch, tried again once. There are no
        windows, records do not expire in the stream, and a batch may be larger than 6 MB.
    """

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        stream: str = "stream",
        shards: int = 1,
        batch_size: int = 100,
        bisect_on_error: bool = False,
        maximum_retry_attempts: int | None = None,
        maximum_record_age: float | None = None,
        report_item_failures: bool = True,
        timeout: float = 30.0,
        clock: FakeClock | None = None,
        faults: Iterable[Fault | None] = (),
    ) -> None:
        super().__init__(
            handler,
            name=stream,
            shards=shards,
            batch_size=batch_size,
            bisect_on_error=bisect_on_error,
            maximum_retry_attempts=maximum_retry_attempts,
            maximum_record_age=maximum_record_age,
            report_item_failures=report_item_failures,
            timeout=timeout,
            clock=clock,
            faults=faults,
        )
        self._events = Events(f"{stream} records")
        self._events.kinesis(stream=stream)  # a name that is none is told now

    def send(self, *payloads: object, partition_key: str | None = None) -> list[str]:
        """Put records into the stream.

        Args:
            *payloads: As for `events.kinesis`: a payload each, or what `events.kinesis_record` gives.
            partition_key: That of the plain payloads; by default the one that `events.kinesis` uses.

        Returns:
            Their sequence numbers.

        Raises:
            EncodeError: A payload has no form in JSON; nothing is sent.
            OptionError: A sequence number is not higher than the one before it in its shard; nothing is sent.
        """
        keyed = {} if partition_key is None else {"partition_key": partition_key}
        records = [p if isinstance(p, KinesisRecord) else KinesisRecord(p, **keyed) for p in payloads]
        shards = [self._shard_of(record.partition_key) for record in records]
        made = [self._raw(record, shard) for record, shard in zip(records, shards, strict=True)]
        numbers: list[str] = [raw["kinesis"]["sequenceNumber"] for raw in made]
        self._check_order(zip(shards, numbers, strict=True))
        for record, shard, number, raw in zip(records, shards, numbers, made, strict=True):
            self._add(record.payload, shard, number, raw)
        return numbers

    def _raw(self, record: KinesisRecord, shard: int) -> dict[str, Any]:
        event = self._events.kinesis(record, stream=self._name, shard=shard, at=self.clock.now)
        raw: dict[str, Any] = event["Records"][0]
        return raw
