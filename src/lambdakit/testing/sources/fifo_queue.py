"""A FIFO SQS queue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lambdakit.testing._events.sqs import SQSRecord

from ._sqs import SQSQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .clock import FakeClock
    from .faults import Fault

_DEDUPLICATION_INTERVAL = 300_000  # milliseconds


class FakeFifoQueue(SQSQueue):
    """A FIFO SQS queue with a handler mapped to it.

        queue = FakeFifoQueue(handler)
        queue.send(1, 2, 3, group="a")
        queue.send(1, group="b")
        queue.drain()
        assert queue.deleted == [1, 2, 3, 1]

    As `FakeQueue`, and: while a message of a group is in flight, the queue delivers none of that group. A failed one
    stays in flight until it is visible again, so its group waits with it. A batch can have several messages of a group,
    in order, and several groups. When a message has gone to the dead letters, its group goes on. What was sent within
    the last five minutes is taken for a duplicate: content-based de-duplication is on. See "FIFO queue delivery logic"
    and "Amazon SQS FIFO queue and Lambda concurrency behavior" in the Amazon SQS Developer Guide.

    Attributes:
        duplicates: What was sent and taken for a duplicate, in order. It is never delivered.

    Args:
        handler: What Lambda would call with `(event, context)`: plain, or async and decorated.
        queue: Its name, or its ARN; it ends in `.fifo`.
        batch_size: How many messages a batch may have, up to 10.
        visibility_timeout: Seconds for which a received message is hidden: not less than `timeout`, and at most 43,200.
        delay: Seconds for which a sent message is held back: the queue's delivery delay, at most 900.
        max_receive_count: How often a message is received before it goes to the dead letters; None: there are none.
        report_item_failures: Whether the mapping has `ReportBatchItemFailures`. Without it, the answer is ignored, and
            all is deleted unless the handler raises.
        timeout: Seconds that the function may run, at most 900.
        clock: Its time; by default a clock of its own.
        faults: What goes wrong, delivery by delivery; None where nothing does. See `Fault`.

    Raises:
        HandlerError: The handler cannot be called with an event and a context, or is a bare `async def`.
        OptionError: AWS has no such queue or mapping.

    Limitations:
        One batch is delivered at a time, so groups never run side by side, except in a handler that polls. Messages do
        not expire. A real queue prefers many messages of one group; this one delivers in the order sent.
    """

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        queue: str = "queue.fifo",
        batch_size: int = 10,
        visibility_timeout: float = 30.0,
        delay: float = 0.0,
        max_receive_count: int | None = None,
        report_item_failures: bool = True,
        timeout: float = 30.0,
        clock: FakeClock | None = None,
        faults: Iterable[Fault | None] = (),
    ) -> None:
        super().__init__(
            handler,
            queue=queue,
            fifo=True,
            batch_size=batch_size,
            largest_batch=10,
            visibility_timeout=visibility_timeout,
            delay=delay,
            max_receive_count=max_receive_count,
            report_item_failures=report_item_failures,
            timeout=timeout,
            clock=clock,
            faults=faults,
        )
        self.duplicates: list[Any] = []
        self._sent: dict[str, tuple[int, str]] = {}

    def send(self, *payloads: object, group: str = "group") -> list[str]:
        """Send messages.

        Args:
            *payloads: As for `events.sqs`: a payload each, or what `events.sqs_record` gives.
            group: The message group of those that name none themselves.

        Returns:
            Their message ids; that of the first, for a duplicate.

        Raises:
            EncodeError: A payload has no form in JSON, or is bytes that are not UTF-8; nothing is sent.
            OptionError: SQS takes no such message; nothing is sent.
        """
        records = [payload if isinstance(payload, SQSRecord) else SQSRecord(payload) for payload in payloads]
        made = [self._take(replace(record, group=record.group or group)) for record in records]
        return [self._send_once(record.payload, raw) for record, raw in zip(records, made, strict=True)]

    def _send_once(self, payload: object, record: dict[str, Any]) -> str:
        now = self.clock.milliseconds
        deduplication_id: str = record["attributes"]["MessageDeduplicationId"]
        sent_at, message_id = self._sent.get(deduplication_id, (now - _DEDUPLICATION_INTERVAL, ""))
        if now - sent_at < _DEDUPLICATION_INTERVAL:
            self.duplicates.append(payload)
            return message_id
        message_id = self._put(payload, record, self._delay)
        self._sent[deduplication_id] = (now, message_id)
        return message_id
