"""A batch under way: which records may be started, and what has come of those that were."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeAlias

from lambdakit._counted import counted
from lambdakit._invocation import invocation
from lambdakit.errors import HandlerCancelledError, InProgressError, NotFinishedError, NotStartedError

from ._time import Time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextvars import Context as ContextVars

    from lambdakit._invocation import Invocation

    from ._source import LaneOf, Record, Retry, Source

Lanes: TypeAlias = "deque[Sequence[int]]"
"""The places of the records of each lane that no worker has taken yet."""

_WAITING, _RUNNING, _ENDED = range(3)

NOTHING_WRONG = (InProgressError, NotStartedError)
"""Errors of records that come again, and about which there is nothing to be alarmed."""

log = logging.getLogger("lambdakit.batch")


class Work:
    """The records of one invocation.

    Attributes:
        whole: The invocation.
        source: Where the records come from.
        records: As AWS sent them.
        failures: The errors of those that failed, by their places.
        results: What the source reads from what the handler returned, by place; empty if it reads nothing.
        lane_of: What tells the lane of a record; None if they are in no order.
        time: The time there is.
        retry: How failed records are tried again, where the source leaves it to us.
        abandoned: Whether nobody waits any more for what still runs.
    """

    def __init__(
        self,
        source: Source[object],
        records: Sequence[Record],
        *,
        lane_of: LaneOf | None,
        reserve: float | None,
        exact: bool,
        retry: Retry | None,
    ) -> None:
        self.whole: Invocation = invocation.get()[0]
        self.source = source
        self.records = records
        self.failures: dict[int, Exception] = {}
        self.results: list[object] = [None] * len(records) if source.read_result else []
        self.time = Time(self.whole, reserve, exact=exact)
        self.abandoned = False
        self.retry = retry
        self.lane_of = lane_of
        self._states = bytearray(len(records))

    def enter(self, record: Record) -> None:
        """Make a record the current one, for the rest of the context."""
        invocation.set((self.whole, record, self.source.describe))

    # What may be started. Whoever takes a record from here says `put_back` if it is not started, for lack of time.

    def in_order(self) -> Iterator[tuple[int, Record]]:
        """The records, with their places, in the order of the batch: for one worker."""
        lane_of, states = self.lane_of, self._states
        stopped = set[Hashable]()
        for index, record in enumerate(self.records):
            lane = lane_of(record) if lane_of is not None else None
            if lane in stopped:
                continue
            states[index] = _RUNNING
            yield index, record
            states[index] = _ENDED
            if lane_of is not None and index in self.failures:
                stopped.add(lane)

    def by_lane(self, lanes: Lanes) -> Iterator[tuple[int, Record]]:
        """The records, with their places, lane after lane: for each of several workers, who share the lanes."""
        while lanes:
            try:
                lane = lanes.popleft()
            except IndexError:  # another worker has just taken the last one
                return
            for index in lane:
                self._states[index] = _RUNNING
                yield index, self.records[index]
                self._states[index] = _ENDED
                if index in self.failures:
                    break

    def put_back(self, index: int) -> None:
        """A record was not started after all."""
        self._states[index] = _WAITING

    def ended_before(self, index: int) -> None:
        """All records before a place were processed; for one who took them from `records` itself, in their order."""
        self._states[:index] = bytes([_ENDED]) * index

    def is_final(self, error: Exception) -> bool:
        """Whether a record is to be put away for good after this error; after the answer it comes again in any case."""
        return self.retry is not None and not self.abandoned and self.retry.is_final(error)

    def put_away(self, record: Record, error: Exception) -> bool:
        """Put a record away for good, if its error is final; give whether that came off."""
        return self.retry is not None and self.is_final(error) and self.retry.bury(record, error)

    def failed(self, index: int, error: BaseException, isolated: ContextVars) -> None:
        """Keep the error of a record, and log it in the record's context."""
        if not isinstance(error, Exception):  # CancelledError, and nothing else
            cancelled = HandlerCancelledError("something in the processing of the record raised CancelledError")
            cancelled.__cause__ = error
            error = cancelled
        if self.abandoned:
            isolated.run(self._tell, index, "after the batch was answered for", error)
        else:
            self.failures[index] = error
            isolated.run(self._tell, index, "", error)

    def settle(self) -> None:
        """Give an error to each record that was not started, or is still running: the answer must name them."""
        self.abandoned = True
        if self._states.count(_ENDED) == len(self._states):
            return
        for index, state in enumerate(self._states):
            if state == _RUNNING:
                self.failures[index] = NotFinishedError("it was still running when the answer had to be given")
            elif state == _WAITING and self.time.is_over:
                self.failures[index] = NotStartedError("there was too little time left to start it")
            elif state == _WAITING:
                self.failures[index] = NotStartedError("a record before it, which it may not overtake, failed")
        running, waiting = self._states.count(_RUNNING), self._states.count(_WAITING)
        if running:
            counted("RecordsNotFinished", running)
            log.error("%d record(s) were still running when the answer had to be given", running)
        if waiting and self.time.is_over:
            counted("RecordsNotStarted", waiting)
            log.warning(
                "%d of %d records were not started, with %.1f s left and %.1f s reserved; they come again",
                waiting,
                len(self.records),
                self.time.left,
                self.time.reserve,
            )

    def _tell(self, index: int, when: str, error: Exception) -> None:
        record_id = self.source.id_of(self.records[index])
        if isinstance(error, InProgressError):
            log.warning("record %s is left to another invocation, or another task, that is at work on it", record_id)
            return
        log.error("record %s failed%s: %s", record_id, when and f" {when}", type(error).__name__, exc_info=error)

    def in_lanes(self) -> Lanes:
        """The places of the records, lane by lane: made once, before there is a worker that could take from them."""
        if self.lane_of is None:
            return deque((index,) for index in range(len(self.records)))
        lanes: dict[Hashable, list[int]] = {}
        for index, record in enumerate(self.records):
            lanes.setdefault(self.lane_of(record), []).append(index)
        return deque(lanes.values())
