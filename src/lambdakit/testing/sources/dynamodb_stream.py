"""The stream of a DynamoDB table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError
from lambdakit.testing._events import Events

from ._shards import ShardedStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lambdakit.testing._events.dynamodb import View

    from .clock import FakeClock
    from .faults import Fault


class FakeDynamoDBStream(ShardedStream):
    """The stream of a DynamoDB table with a handler mapped to it.

        stream = FakeDynamoDBStream(handler, maximum_retry_attempts=2)
        stream.send(order, events.dynamodb_record(old=order, new=paid))
        stream.drain()
        assert stream.discarded == []

    It behaves as `FakeStream` does. The changes of items with one partition key are in one shard, in order. See "Using
    AWS Lambda with Amazon DynamoDB" and "Configuring partial batch response with DynamoDB and Lambda" in the AWS Lambda
    Developer Guide.

    Args:
        handler: What Lambda would call with `(event, context)`: plain, or async and decorated.
        table: Its name, or the ARN of its stream.
        keys: The names of the table's key attributes, the partition key first.
        view: What the stream tells of an item, beside its keys.
        shards: How many shards the stream has.
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
        OptionError: AWS has no such table or mapping.

    Limitations:
        Those of `FakeStream`; and shards of a real table split as it grows.
    """

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        table: str = "table",
        keys: Sequence[str] = ("id",),
        view: View = "NEW_AND_OLD_IMAGES",
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
            name=table,
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
        if not keys:
            msg = "keys: expected the names of the table's key attributes, the partition key first; got none"
            raise OptionError(msg)
        self._keys = keys
        self._view: View = view
        self._events = Events(f"{table} changes")
        self._events.dynamodb(table=table)  # a name that is none is told now

    def send(self, *changes: object) -> list[str]:
        """Put changes into the stream.

        Args:
            *changes: As for `events.dynamodb`: items that were inserted, or what `events.dynamodb_record` gives.

        Returns:
            Their sequence numbers.

        Raises:
            EncodeError: DynamoDB cannot hold a value; nothing is sent.
            OptionError: An item has no attributes, or lacks a key, or changes it; nothing is sent.
        """
        made: list[dict[str, Any]] = []
        if changes:
            made = self._events.dynamodb(
                *changes, keys=self._keys, table=self._name, view=self._view, at=self.clock.now
            )["Records"]
        numbers: list[str] = [raw["dynamodb"]["SequenceNumber"] for raw in made]
        for change, raw, number in zip(changes, made, numbers, strict=True):
            partition_key = json.dumps(raw["dynamodb"]["Keys"][self._keys[0]])
            self._add(change, self._shard_of(partition_key), number, raw)
        return numbers
