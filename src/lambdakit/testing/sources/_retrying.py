"""What streams and Kafka have in common: records stay where they are, and a failed batch is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._lane import Lane, Retries
from ._source import FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ._record import Batch, Record
    from .clock import FakeClock
    from .faults import Fault


class RetryingSource(FakeSource):
    """A source with lanes of records, which are polled in turn. Use one of the classes that are made of it."""

    _limit = "set maximum_retry_attempts= or maximum_record_age="

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        name: str,
        lanes: int,
        retries: Retries,
        report_item_failures: bool,
        timeout: float,
        clock: FakeClock | None,
        faults: Iterable[Fault | None],
    ) -> None:
        super().__init__(
            handler,
            name=name,
            report_item_failures=report_item_failures,
            timeout=timeout,
            clock=clock,
            faults=faults,
        )
        self._processed: list[Record] = []
        self._discarded: list[Record] = []
        self._lanes = [
            Lane(self.clock, retries, processed=self._processed, discarded=self._discarded) for _ in range(lanes)
        ]
        self._turn = 0

    @property
    def processed(self) -> list[Any]:
        """What the function was done with, in the order in which the source learned it."""
        return [record.payload for record in self._processed]

    @property
    def discarded(self) -> list[Any]:
        """What was given up, in order: tried too often, or too old. On AWS an on-failure destination is told of it."""
        return [record.payload for record in self._discarded]

    @property
    def waiting(self) -> list[Any]:
        """What is neither processed nor discarded, shard by shard, in order."""
        return [record.payload for lane in self._lanes for record in lane.waiting]

    def _receive(self) -> Batch | None:
        for _ in self._lanes:
            lane = self._lanes[self._turn]
            self._turn = (self._turn + 1) % len(self._lanes)
            if batch := lane.receive():
                return batch
        return None

    def _next_at(self) -> int | None:
        return min((at for lane in self._lanes if (at := lane.next_at()) is not None), default=None)

    def __repr__(self) -> str:
        told = ", ".join(f"{len(getattr(self, name))} {name}" for name in ("waiting", "processed", "discarded"))
        return f"<{type(self).__name__} {self._name}: {told}>"
