"""What standard and FIFO queues have in common: messages, and the mapping that polls them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError
from lambdakit.testing._events import Events
from lambdakit.testing._events.builder import arn

from ._messages import LONGEST_VISIBILITY, Message, Messages
from ._options import check_count, check_seconds
from ._record import Batch, Record
from ._source import FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from lambdakit.testing._events.sqs import SQSRecord

    from .clock import FakeClock
    from .faults import Fault


class SQSQueue(FakeSource):
    """An SQS queue and its mapping. Use `FakeQueue` or `FakeFifoQueue`."""

    _takes_late_answers = True
    _limit = "set max_receive_count="

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        queue: str,
        fifo: bool,
        batch_size: int,
        largest_batch: int,
        visibility_timeout: float,
        delay: float,
        max_receive_count: int | None,
        report_item_failures: bool,
        timeout: float,
        clock: FakeClock | None,
        faults: Iterable[Fault | None],
    ) -> None:
        super().__init__(
            handler,
            name=queue,
            report_item_failures=report_item_failures,
            timeout=timeout,
            clock=clock,
            faults=faults,
        )
        if queue.endswith(".fifo") is not fifo:
            msg = f"queue: the name of a FIFO queue ends in .fifo, and of no other one; got {queue!r}"
            raise OptionError(msg)
        check_count("batch_size", batch_size, 1, largest_batch)
        check_seconds("visibility_timeout", visibility_timeout, 0, LONGEST_VISIBILITY)
        check_seconds("delay", delay, 0, 900)
        if max_receive_count is not None:
            check_count("max_receive_count", max_receive_count, 1, 1_000)
        if visibility_timeout < timeout:
            msg = (
                f"visibility_timeout: AWS refuses a mapping of a queue that hides messages for less than the function "
                f"may run; got {visibility_timeout:g} s, with timeout={timeout:g}"
            )
            raise OptionError(msg)
        self._arn = arn("queue", queue, service="sqs")
        self._batch_size = batch_size
        self._delay = delay
        self._events = Events(f"{queue} messages")
        self._messages = Messages(
            clock=self.clock,
            visibility_timeout=visibility_timeout,
            max_receive_count=max_receive_count,
            fifo=fifo,
            seed=queue,
        )

    @property
    def deleted(self) -> list[Any]:
        """What the function was done with, in the order in which it was deleted."""
        return [message.payload for message in self._messages.deleted]

    @property
    def dead_letters(self) -> list[Any]:
        """What was received `max_receive_count` times and came again, in the order in which it went."""
        return [message.payload for message in self._messages.dead]

    @property
    def in_flight(self) -> list[Any]:
        """What was received and is hidden, in the order in which it was sent."""
        return [message.payload for message in self._messages if self._messages.in_flight(message)]

    @property
    def visible(self) -> list[Any]:
        """What is not hidden, in the order in which it was sent; in a FIFO queue, its group may still be locked."""
        now = self.clock.milliseconds
        return [message.payload for message in self._messages if message.hidden_until <= now]

    @property
    def delayed(self) -> list[Any]:
        """What was sent and may not be received yet, in the order in which it was sent."""
        now = self.clock.milliseconds
        return [m.payload for m in self._messages if m.receive_count == 0 and m.hidden_until > now]

    def change_visibility(self, receipt_handle: str, seconds: float) -> None:
        """Hide a message in flight for so long from now on: SQS's ChangeMessageVisibility.

        A handler calls SQS, and not this; a test puts it in the place of the client's method.

        Args:
            receipt_handle: The record's `receiptHandle`.
            seconds: 0, to have the message visible at once, to 43,200.

        Raises:
            OptionError: SQS takes no such time.
            ReceiptHandleError: The message is not in flight, or would be hidden for more than 12 hours in all.
        """
        check_seconds("seconds", seconds, 0, LONGEST_VISIBILITY)
        self._messages.change_visibility(receipt_handle, seconds)

    def _take(self, record: SQSRecord) -> dict[str, Any]:
        if record.receive_count != 1:
            msg = f"receive_count: the queue counts itself, and starts with 1; got {record.receive_count}"
            raise OptionError(msg)
        made: dict[str, Any] = self._events.sqs(record, queue=self._arn, at=self.clock.now)["Records"][0]
        return made

    def _put(self, payload: object, record: dict[str, Any], delay: float) -> str:
        group = record["attributes"].get("MessageGroupId")
        self._messages.send(Message(payload, record, group, self.clock.milliseconds + round(delay * 1000)))
        message_id: str = record["messageId"]
        return message_id

    def _receive(self) -> Batch | None:
        records: list[Record] = []
        for message in self._messages.receive(self._batch_size):
            raw = message.received()
            records.append(Record(message.payload, raw["messageId"], raw, message.last_received))
        return Batch(records, partial(self._delete, records)) if records else None

    def _delete(self, records: Sequence[Record], failed: Collection[int]) -> None:
        for place, record in enumerate(records):
            if place not in failed:
                self._messages.delete(record.raw["receiptHandle"])

    def _next_at(self) -> int | None:
        return self._messages.next_at()

    def _be_late(self, records: Sequence[Record]) -> None:
        handles = {record.raw["receiptHandle"] for record in records}
        hidden = (message.hidden_until for message in self._messages if message.receipt_handle in handles)
        self.clock.move_to(max(hidden, default=0))
        batch = self._receive()
        if batch is not None:
            self._deliver(batch, None, planned=False)

    def __repr__(self) -> str:
        counts = ("visible", "in_flight", "delayed", "deleted", "dead_letters")
        told = ", ".join(f"{len(getattr(self, name))} {name.replace('_', ' ')}" for name in counts)
        return f"<{type(self).__name__} {self._name}: {told}>"
