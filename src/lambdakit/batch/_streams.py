"""What the streams of Kinesis and DynamoDB share: a shard is in order, and is tried again from a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from ._records import records_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from ._source import LaneOf, ReadResult, Record


class StreamItemFailure(TypedDict):
    """The record from which on the shard is to be tried again."""

    itemIdentifier: str


class StreamBatchResponse(TypedDict):
    """What Lambda's poller expects; a list with nothing in it means that all went well."""

    batchItemFailures: list[StreamItemFailure]


class Stream:
    """A stream as a source.

    Args:
        name: The decorator's name.
        service: The service, as error messages call it.
        sequence_number: Gives that of a record. They are compared as integers: as strings, "9" is more than "10".
        key: Tells which records must stay in order when several are processed at the same time.
        describe: Gives the log fields of a record.
    """

    def __init__(
        self,
        *,
        name: str,
        service: str,
        sequence_number: Callable[[Mapping[str, Any]], str],
        key: Callable[[Record], Hashable],
        describe: Callable[[Mapping[str, Any]], Mapping[str, object]],
    ) -> None:
        self.name = name
        self.read_result: ReadResult | None = None
        self.id_of = sequence_number
        self.describe = describe
        self._service = service
        self._key = key

    def records(self, event: Any, /) -> Sequence[Record]:
        """The records, each of which has a sequence number."""
        return records_of(event, self._number, decorator=self.name, source=self._service, key="sequence number")

    def lane_of(self, _records: Sequence[Record], concurrency: int, /) -> LaneOf | None:
        """One after the other, a batch of one shard is one lane: what comes after a failure is sent again anyway."""
        return self._key if concurrency > 1 else _one_lane

    def answer(
        self, _event: Any, records: Sequence[Record], failures: Mapping[int, Exception], _results: Sequence[object], /
    ) -> StreamBatchResponse:
        """The lowest sequence number that failed: Lambda starts again there, whatever came off after it."""
        if not failures:
            return {"batchItemFailures": []}
        lowest = min((self.id_of(records[index]) for index in failures), key=int)
        return {"batchItemFailures": [{"itemIdentifier": lowest}]}

    def all_failed(self, records: Sequence[Record], failures: Mapping[int, Exception], /) -> bool:
        """Whether the shard would be tried again from the first record."""
        lowest = min(range(len(records)), key=lambda index: self._number(records[index]))
        return lowest in failures

    def _number(self, record: Record) -> int:
        number = int(self.id_of(record))  # ValueError: it is none
        return number or 1  # `all` takes 0 for a missing one


def _one_lane(_record: Record) -> str:
    return ""
