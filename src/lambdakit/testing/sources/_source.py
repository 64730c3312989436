"""What all fake sources have in common: a mapping that takes a batch, invokes the function, and reads its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from lambdakit.errors import LambdakitError, OptionError

from ._answers import reported
from ._function import Function
from ._record import Batch, Delivery, Record
from .clock import FakeClock
from .faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Sequence


class NotDrainedError(LambdakitError):
    """A fake source still had something to deliver when `drain` gave up."""


class FakeSource(ABC):
    """An event source and its mapping to a function. Use one of the classes that are made of it.

    Attributes:
        clock: Its time.
        history: Every delivery so far, in the order in which the handler was done with them.
    """

    _takes_late_answers: ClassVar[bool] = False
    _limit: ClassVar[str]
    """What bounds the deliveries of a record, for an error."""

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        name: str,
        report_item_failures: bool,
        timeout: float,
        clock: FakeClock | None,
        faults: Iterable[Fault | None],
    ) -> None:
        self.clock = FakeClock() if clock is None else clock
        self.history: list[Delivery] = []
        self._name = name
        self._report_item_failures = report_item_failures
        self._function = Function(handler, clock=self.clock, timeout=timeout, seed=name)
        self._faults = iter(faults)

    def poll(self, *, fault: Fault | None = None) -> Delivery | None:
        """Deliver one batch, if there is one to be delivered now.

        A handler may poll, too: that is another poller, while the first one waits for the function.

        Args:
            fault: What goes wrong with it; by default, what the plan has for the next delivery.

        Returns:
            What was delivered, and what came of it; None if there was nothing.

        Raises:
            RunningLoopError: The handler is async, and an event loop runs here already.
            OptionError: What the plan has next is no fault.
        """
        batch = self._receive()
        return None if batch is None else self._deliver(batch, fault, planned=fault is None)

    def drain(self, *, at_most: int = 1_000) -> None:
        """Deliver until nothing is left, letting time pass where the source has to wait.

        Args:
            at_most: How many deliveries that may take.

        Raises:
            NotDrainedError: It took more: what fails always comes again, unless a limit is set.
            RunningLoopError: The handler is async, and an event loop runs here already.
        """
        deliveries = 0
        while (at := self._next_at()) is not None:
            self.clock.move_to(at)
            batch = self._receive()
            if batch is None:
                continue
            if deliveries == at_most:
                batch.settle(range(len(batch.records)))
                raise self._not_drained(at_most)
            self._deliver(batch, None, planned=True)
            deliveries += 1

    def _deliver(self, batch: Batch, fault: Fault | None, *, planned: bool) -> Delivery:
        records = batch.records
        everything = range(len(records))
        at = self.clock.now
        try:
            fault = self._planned() if planned else fault
            reply = self._function.invoke(records, self._event_of, fault)
        except BaseException:
            batch.settle(everything)
            raise
        is_read = reply.error is None and (fault is not Fault.LATE or self._takes_late_answers)
        failed = self._failed(records, reply.answer) if is_read else everything
        delivery = Delivery(
            payloads=tuple(record.payload for record in records),
            failed=tuple(records[place].payload for place in sorted(failed)),
            event=self._event_of(records),
            answer=reply.answer,
            error=reply.error,
            fault=fault,
            at=at,
            request_id=reply.request_id,
        )
        self.history.append(delivery)
        if fault is Fault.LATE:
            self._be_late(records)
        batch.settle(failed)
        return delivery

    def _planned(self) -> Fault | None:
        fault = next(self._faults, None)
        if fault not in (None, *Fault):
            msg = f"faults: expected a Fault or None for each delivery; got {fault!r}"
            raise OptionError(msg)
        return fault

    def _not_drained(self, at_most: int) -> NotDrainedError:
        last = self.history[-1] if self.history else None
        if last is None or not last.failed:
            why = "Nothing failed in the last one: give at_most= for more."
        else:
            ended = "its answer named failures" if last.error is None else f"it ended in {type(last.error).__name__}"
            why = f"Of the last one, {ended}, and what fails comes again: {self._limit}, or give at_most= for more."
        made = NotDrainedError(f"{self!r} has something left after {at_most:,} deliveries. {why}")
        made.__cause__ = None if last is None else last.error
        return made

    @abstractmethod
    def _receive(self) -> Batch | None:
        """The next batch; None if nothing can be delivered now."""
        ...

    @abstractmethod
    def _next_at(self) -> int | None:
        """When something can be delivered next, in milliseconds since the epoch; None if nothing is left."""
        ...

    def _be_late(self, records: Sequence[Record]) -> None:  # noqa: B027 - most sources do not wait
        """Do what happens while the answer for these records is on its way."""

    def _event_of(self, records: Sequence[Record]) -> dict[str, Any]:
        return {"Records": [record.raw for record in records]}

    def _key_of(self, identifier: object) -> Hashable:
        """An item identifier, as records have it; None if it can be none."""
        return identifier if isinstance(identifier, str) else None

    def _failed(self, records: Sequence[Record], answer: object) -> Collection[int]:
        """The places of the records that an answer reports."""
        if not self._report_item_failures:
            return ()
        identifiers = reported(answer)
        named = {self._key_of(identifier) for identifier in identifiers or ()}
        if identifiers is None or not named.issubset(record.identifier for record in records):
            return range(len(records))
        return {place for place, record in enumerate(records) if record.identifier in named}
