"""A standard SQS queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit.testing._events.sqs import SQSRecord

from ._options import check_seconds
from ._sqs import SQSQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .clock import FakeClock
    from .faults import Fault


class FakeQueue(SQSQueue):
    """A standard SQS queue with a handler mapped to it.

        queue = FakeQueue(handler, max_receive_count=3)
        queue.send(good, bad)
        queue.drain()
        assert queue.deleted == [good]
        assert queue.dead_letters == [bad]

    What the handler reports as failed, or everything if it raises, is visible again after the visibility time-out, and
    its receive count rises; the rest is deleted. See "Using Lambda with Amazon SQS" and "Handling errors for an SQS
    event source in Lambda" in the AWS Lambda Developer Guide.

    Args:
        handler: What Lambda would call with `(event, context)`: plain, or async and decorated.
        queue: Its name, or its ARN.
        batch_size: How many messages a batch may have, up to 10,000.
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
        A real queue keeps no order, and may deliver a message twice for reasons of its own; this one delivers in the
        order sent, so that a test gives the same result each time, and twice only with `Fault.LATE`. One batch is
        delivered at a time. Messages do not expire, and a batch may be larger than 6 MB.
    """

    def __init__(
        self,
        handler: Callable[[Any, Any], object],
        *,
        queue: str = "queue",
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
            fifo=False,
            batch_size=batch_size,
            largest_batch=10_000,
            visibility_timeout=visibility_timeout,
            delay=delay,
            max_receive_count=max_receive_count,
            report_item_failures=report_item_failures,
            timeout=timeout,
            clock=clock,
            faults=faults,
        )

    def send(self, *payloads: object, delay: float | None = None) -> list[str]:
        """Send messages.

        Args:
            *payloads: As for `events.sqs`: a payload each, or what `events.sqs_record` gives.
            delay: Seconds for which they are held back; by default the queue's delay.

        Returns:
            Their message ids.

        Raises:
            EncodeError: A payload has no form in JSON, or is bytes that are not UTF-8; nothing is sent.
            OptionError: SQS takes no such delay or message; nothing is sent.
        """
        if delay is not None:
            check_seconds("delay", delay, 0, 900)
        records = [payload if isinstance(payload, SQSRecord) else SQSRecord(payload) for payload in payloads]
        made = [self._take(record) for record in records]
        held = self._delay if delay is None else delay
        return [self._put(record.payload, raw, held) for record, raw in zip(records, made, strict=True)]
