"""What the engine has to know of a service that sends records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

A_co = TypeVar("A_co", covariant=True)

Record: TypeAlias = dict[str, Any]
"""One record, as AWS sent it."""

LaneOf: TypeAlias = "Callable[[Record], Hashable]"
"""Tells the lane of a record. Records of one lane are kept in order: when one fails, the rest of its lane waits."""


ReadResult: TypeAlias = "Callable[[Record, Any], object]"
"""Given a record and what the handler returned for it, tells what the answer says of it; raises to fail the record."""


class Source(Protocol[A_co]):
    """A service, and how it is answered."""

    @property
    def name(self) -> str:
        """The decorator's."""
        ...

    @property
    def read_result(self) -> ReadResult | None:
        """None where the answer says nothing of what the handler returned."""
        ...

    def records(self, event: Any, /) -> Sequence[Record]:
        """The records of an event.

        Raises:
            EventError: The event is not of this source, or a record has no id, so that its failure could not be told.
        """
        ...

    def id_of(self, record: Record, /) -> str:
        """What logs and errors call a record."""
        ...

    def lane_of(self, records: Sequence[Record], concurrency: int, /) -> LaneOf | None:
        """What tells the lane of a record; None if these records are in no order."""
        ...

    def describe(self, record: Mapping[str, Any], /) -> Mapping[str, object]:
        """The fields that every log line of a record has."""
        ...

    def answer(
        self,
        event: Any,
        records: Sequence[Record],
        failures: Mapping[int, Exception],
        results: Sequence[object],
        /,
    ) -> A_co:
        """What the service is answered.

        Args:
            event: The event.
            records: Its records.
            failures: The errors of those that failed or were not started, by their places among the records.
            results: What `read_result` gave for each record; empty if there is none.
        """
        ...

    def all_failed(self, records: Sequence[Record], failures: Mapping[int, Exception], /) -> bool:
        """Whether nothing of the batch has come off, so that all of it may as well be tried again."""
        ...


class Retry(Protocol):
    """What becomes of failed records, where the source leaves it to us."""

    def is_final(self, error: Exception, /) -> bool:
        """Whether trying again makes no sense."""
        ...

    def bury(self, record: Record, error: Exception, /) -> bool:
        """Put a record away for good; give whether that came off, so that it is no failure any more."""
        ...

    def delay(self, records: Sequence[Record], failures: Mapping[int, Exception], /) -> None:
        """Set when the failed records come again. Never raises."""
        ...
