"""Records that are delivered in order, and tried again until they come off or are given up: a shard, or a topic.

See "How Lambda processes records from stream and queue-based event sources", "Retain discarded batch records for a
Kinesis Data Streams event source in Lambda", "Configuring partial batch response with Kinesis Data Streams and Lambda"
and, for Kafka, "Configuring error handling controls for Kafka event sources", in the AWS Lambda Developer Guide.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ._options import check_count, check_seconds
from ._record import Batch, Record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .clock import FakeClock

_LONGEST_WAIT = 60  # seconds


@dataclass(frozen=True, slots=True)
class Retries:
    """What a mapping does about failures; the names are those of CreateEventSourceMapping, in the AWS Lambda API.

    Raises:
        OptionError: AWS takes no such value.
    """

    batch_size: int
    bisect_on_error: bool
    maximum_retry_attempts: int | None
    maximum_record_age: float | None
    only_reported: bool
    """Whether just what was reported is tried again, as with Kafka, and not all from the lowest on."""

    def __post_init__(self) -> None:
        check_count("batch_size", self.batch_size, 1, 10_000)
        if self.maximum_retry_attempts is not None:
            check_count("maximum_retry_attempts", self.maximum_retry_attempts, 0, 10_000)
        if self.maximum_record_age is not None:
            check_seconds("maximum_record_age", self.maximum_record_age, 60, 604_800)


@dataclass(slots=True)
class _Again:
    """A batch that is to be tried again, as a whole."""

    records: Sequence[Record]
    attempts: int
    """Retries so far, this one included, that count against the limit."""


class Lane:
    """Records in order, of which one batch at a time is under way.

    Args:
        clock: What time it is.
        retries: What to do about failures.
        processed: Gets what the function was done with.
        discarded: Gets what was given up.
    """

    def __init__(self, clock: FakeClock, retries: Retries, *, processed: list[Record], discarded: list[Record]) -> None:
        self.last_settled: Record | None = None
        self._clock = clock
        self._retries = retries
        self._processed = processed
        self._discarded = discarded
        self._again = deque[_Again]()
        self._fresh = deque[Record]()
        self._under_way: Sequence[Record] = ()
        self._failures_in_a_row = 0
        self._not_before = 0

    @property
    def waiting(self) -> list[Record]:
        """What is not settled, in order."""
        again = [record for batch in self._again for record in batch.records]
        return [*self._under_way, *again, *self._fresh]

    def add(self, record: Record) -> None:
        """Take a record in, after those before it."""
        self._fresh.append(record)

    def next_at(self) -> int | None:
        """When a batch can be delivered, in milliseconds since the epoch; None if none is left, or one is under way."""
        if self._under_way or not (self._again or self._fresh):
            return None
        return self._not_before

    def receive(self) -> Batch | None:
        """The next batch; None if there is none now. Records that are too old are discarded first."""
        at = self.next_at()
        if at is None or at > self._clock.milliseconds:
            return None
        while self._again or self._fresh:
            batch = self._again.popleft() if self._again else _Again(self._take(), 0)
            records = self._young_enough(batch.records)
            if records:
                self._under_way = records
                return Batch(records, partial(self._settle, records, batch.attempts))
        return None

    def _take(self) -> Sequence[Record]:
        return [self._fresh.popleft() for _ in range(min(self._retries.batch_size, len(self._fresh)))]

    def _young_enough(self, records: Sequence[Record]) -> Sequence[Record]:
        if self._retries.maximum_record_age is None:
            return records
        oldest = self._clock.milliseconds - round(self._retries.maximum_record_age * 1000)
        self._finish([record for record in records if record.arrived < oldest], self._discarded)
        return [record for record in records if record.arrived >= oldest]

    def _settle(self, records: Sequence[Record], attempts: int, failed: Collection[int]) -> None:
        self._under_way = ()
        if not failed:
            self._finish(records, self._processed)
            self._failures_in_a_row = 0
            return
        lowest = min(failed)
        again = [
            record
            for place, record in enumerate(records)
            if (place in failed if self._retries.only_reported else place >= lowest)
        ]
        kept = set(map(id, again))
        self._finish([record for record in records if id(record) not in kept], self._processed)
        self._try_again(again, attempts, advanced=len(again) < len(records))
        self._not_before = self._clock.milliseconds + 1000 * min(2 ** min(self._failures_in_a_row, 6), _LONGEST_WAIT)
        self._failures_in_a_row += 1

    def _try_again(self, records: Sequence[Record], attempts: int, *, advanced: bool) -> None:
        """Put a batch back, whole or in halves, or give it up.

        To split a batch does not use up a retry. Where part of a batch came off, the rest is a new batch.
        """
        half = len(records) // 2
        if self._retries.bisect_on_error and advanced:
            self._again.appendleft(_Again(records, attempts))
        elif self._retries.bisect_on_error and half:
            self._again.extendleft([_Again(records[half:], attempts), _Again(records[:half], attempts)])
        else:
            attempts = 1 if advanced else attempts + 1
            limit = self._retries.maximum_retry_attempts
            if limit is not None and attempts > limit:
                self._finish(records, self._discarded)
            else:
                self._again.appendleft(_Again(records, attempts))

    def _finish(self, records: Sequence[Record], to: list[Record]) -> None:
        to.extend(records)
        if records:
            self.last_settled = records[-1]
