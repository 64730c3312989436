"""The messages of a queue, as SQS keeps them: ReceiveMessage, DeleteMessage and ChangeMessageVisibility.

See these pages of the Amazon SQS API Reference; and "Amazon SQS visibility timeout", "Using dead-letter queues in
Amazon SQS" and "FIFO queue delivery logic" in the Amazon SQS Developer Guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from lambdakit.errors import LambdakitError
from lambdakit.testing._ids import Ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clock import FakeClock

LONGEST_VISIBILITY = 43_200
"""Seconds that a message can be hidden: 12 hours."""


class ReceiptHandleError(LambdakitError, ValueError):
    """The message of a receipt handle is not in flight: it is visible again, was received again, or is gone."""


@dataclass(slots=True, eq=False)
class Message:
    """A message in a queue. Times are milliseconds since the epoch."""

    payload: object
    record: dict[str, Any]
    """As AWS would send it; what a receive changes is from when it was sent."""
    group: str | None
    hidden_until: int
    receive_count: int = 0
    first_received: int = 0
    last_received: int = 0
    receipt_handle: str = ""

    def received(self) -> dict[str, Any]:
        """The record that this receive gives."""
        attributes = {
            **self.record["attributes"],
            "ApproximateReceiveCount": str(self.receive_count),
            "ApproximateFirstReceiveTimestamp": str(self.first_received),
        }
        return {**self.record, "receiptHandle": self.receipt_handle, "attributes": attributes}


class Messages:
    """The messages of one queue.

    Args:
        clock: What time it is.
        visibility_timeout: Seconds for which a receive hides a message.
        max_receive_count: How often a message is received before it is a dead letter; None: there are none.
        fifo: Whether the order of groups is kept.
        seed: Any text, for the receipt handles.
    """

    def __init__(
        self, *, clock: FakeClock, visibility_timeout: float, max_receive_count: int | None, fifo: bool, seed: str
    ) -> None:
        self.deleted: list[Message] = []
        self.dead: list[Message] = []
        self._clock = clock
        self._hide_for = round(visibility_timeout * 1000)
        self._max_receive_count = max_receive_count
        self._fifo = fifo
        self._held: dict[int, Message] = {}
        self._numbers = count()
        self._by_handle: dict[str, int] = {}
        self._handles = Ids(f"{seed} receipts")

    def __iter__(self) -> Iterator[Message]:
        return iter(self._held.values())

    def send(self, message: Message) -> None:
        """Take a message in, after those before it."""
        self._held[next(self._numbers)] = message

    def receive(self, at_most: int) -> list[Message]:
        """Hand out messages that are visible, hide them, and move those to the dead letters that came too often.

        Messages come in the order in which they were sent. In a FIFO queue none comes from a group of which one is in
        flight.
        """
        now = self._clock.milliseconds
        locked = {message.group for message in self if self.in_flight(message)} if self._fifo else ()
        batch: list[Message] = []
        for number, message in list(self._held.items()):
            if len(batch) == at_most:
                break
            if message.hidden_until > now or message.group in locked:
                continue
            self._by_handle.pop(message.receipt_handle, None)
            if self._max_receive_count is not None and message.receive_count >= self._max_receive_count:
                self.dead.append(self._held.pop(number))
                continue
            message.receive_count += 1
            message.first_received = message.first_received or now
            message.last_received = now
            message.hidden_until = now + self._hide_for
            message.receipt_handle = f"AQEB{self._handles.token()}"
            self._by_handle[message.receipt_handle] = number
            batch.append(message)
        return batch

    def delete(self, receipt_handle: str) -> None:
        """Delete a message, if the handle is of its last receive; in a FIFO queue, if it is still hidden, too.

        An older handle is no error, and AWS says that the message "might not be deleted"; here it never is.
        """
        number = self._by_handle.get(receipt_handle)
        if number is None or (self._fifo and not self.in_flight(self._held[number])):
            return
        self.deleted.append(self._held.pop(number))
        del self._by_handle[receipt_handle]

    def change_visibility(self, receipt_handle: str, seconds: float) -> None:
        """Hide a message for so long from now on.

        Raises:
            ReceiptHandleError: It is not in flight; or it would be hidden for more than 12 hours since its receive.
        """
        number = self._by_handle.get(receipt_handle)
        if number is None or not self.in_flight(self._held[number]):
            msg = "change_visibility: the message of this receipt handle is not in flight (MessageNotInflight)"
            raise ReceiptHandleError(msg)
        message = self._held[number]
        hidden_until = self._clock.milliseconds + round(seconds * 1000)
        if hidden_until - message.last_received > LONGEST_VISIBILITY * 1000:
            msg = f"change_visibility: {seconds:g} s from now is more than 12 hours from when the message was received"
            raise ReceiptHandleError(msg)
        message.hidden_until = hidden_until

    def in_flight(self, message: Message) -> bool:
        """Whether a message was received, and is hidden still."""
        return message.receive_count > 0 and message.hidden_until > self._clock.milliseconds

    def next_at(self) -> int | None:
        """When a message can be received, at the earliest, in milliseconds since the epoch; None if there is none.

        In a FIFO queue that is when the first group of which nothing is in flight has something visible.
        """
        if not self._fifo:
            return min((message.hidden_until for message in self), default=None)
        groups: dict[str | None, int] = {}
        for message in self:
            at = groups.setdefault(message.group, message.hidden_until)
            if self.in_flight(message):
                groups[message.group] = max(at, message.hidden_until)
        return min(groups.values(), default=None)
