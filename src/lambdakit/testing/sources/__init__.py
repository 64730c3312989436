"""Fake event sources: they deliver to a real handler as AWS's event source mappings do, and read its answer so.

A name in `_underscores` is shared by several of them; every other file is one source, the clock, or the faults.
"""

from __future__ import annotations

from ._messages import ReceiptHandleError
from ._record import Delivery
from ._source import NotDrainedError
from .clock import FakeClock
from .dynamodb_stream import FakeDynamoDBStream
from .faults import Fault, SandboxCrash, SandboxTimeout
from .fifo_queue import FakeFifoQueue
from .kafka import FakeKafka
from .queue import FakeQueue
from .stream import FakeStream

__all__ = [
    "Delivery",
    "FakeClock",
    "FakeDynamoDBStream",
    "FakeFifoQueue",
    "FakeKafka",
    "FakeQueue",
    "FakeStream",
    "Fault",
    "NotDrainedError",
    "ReceiptHandleError",
    "SandboxCrash",
    "SandboxTimeout",
]
