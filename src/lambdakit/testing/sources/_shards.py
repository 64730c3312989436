"""What streams of Kinesis and of DynamoDB have in common: shards, chosen by a key, and sequence numbers."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError

from ._lane import Retries
from ._options import check_count
from ._record import Record
from ._retrying import RetryingSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .clock import FakeClock
    from .faults import Fault


class ShardedStream(RetryingSource):
    """A stream and its mapping. Use `FakeStream` or `FakeDynamoDBStream`."""

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        name: str,
        shards: int,
        batch_size: int,
        bisect_on_error: bool,
        maximum_retry_attempts: int | None,
        maximum_record_age: float | None,
        report_item_failures: bool,
        timeout: float,
        clock: FakeClock | None,
        faults: Iterable[Fault | None],
    ) -> None:
        check_count("shards", shards, 1, 10_000)
        super().__init__(
            handler,
            name=name,
            lanes=shards,
            retries=Retries(
                batch_size=batch_size,
                bisect_on_error=bisect_on_error,
                maximum_retry_attempts=maximum_retry_attempts,
                maximum_record_age=maximum_record_age,
                only_reported=False,
            ),
            report_item_failures=report_item_failures,
            timeout=timeout,
            clock=clock,
            faults=faults,
        )
        self._highest = [0] * shards

    @property
    def checkpoints(self) -> list[str | None]:
        """Per shard, the sequence number up to which all is processed or discarded; None where nothing is yet."""
        settled = (lane.last_settled for lane in self._lanes)
        return [None if record is None else str(record.identifier) for record in settled]

    def _shard_of(self, key: str) -> int:
        """The shard of a key: its MD5 says where it falls among shards that share the hash keys evenly."""
        return int.from_bytes(md5(key.encode(), usedforsecurity=False).digest()) * len(self._lanes) >> 128

    def _check_order(self, numbers: Iterable[tuple[int, str]]) -> None:
        """See that sequence numbers, each after its shard, rise.

        Raises:
            OptionError: One does not.
        """
        highest = list(self._highest)
        for shard, number in numbers:
            if not number.isdigit() or int(number) <= highest[shard]:
                msg = f"sequence_number: expected digits, and more than {highest[shard]}, the last one of shard {shard}"
                raise OptionError(msg)
            highest[shard] = int(number)
        self._highest = highest

    def _add(self, payload: object, shard: int, number: str, raw: dict[str, Any]) -> None:
        self._lanes[shard].add(Record(payload, number, raw, self.clock.milliseconds))
