"""Tools for tests of handlers: events, contexts, the way in and out of a handler that Lambda takes, and event sources.

Everything here can be imported; with pytest, `events`, `lambda_context` and `cold_start` are fixtures, too, which need
no import: installing lambdakit is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from ._events import Events, events
    from .context import ClientContext, CognitoIdentity, FakeContext, MobileClient
    from .running import arun, run
    from .runtime import FunctionError, InitError, LocalRuntime, Outcome
    from .sources import (
        Delivery,
        FakeClock,
        FakeDynamoDBStream,
        FakeFifoQueue,
        FakeKafka,
        FakeQueue,
        FakeStream,
        Fault,
        NotDrainedError,
        ReceiptHandleError,
        SandboxCrash,
        SandboxTimeout,
    )

_HOMES = {
    "_events": ("Events", "events"),
    "context": ("ClientContext", "CognitoIdentity", "FakeContext", "MobileClient"),
    "running": ("arun", "run"),
    "runtime": ("FunctionError", "InitError", "LocalRuntime", "Outcome"),
    "sources": (
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
    ),
}

__all__ = [
    "ClientContext",
    "CognitoIdentity",
    "Delivery",
    "Events",
    "FakeClock",
    "FakeContext",
    "FakeDynamoDBStream",
    "FakeFifoQueue",
    "FakeKafka",
    "FakeQueue",
    "FakeStream",
    "Fault",
    "FunctionError",
    "InitError",
    "LocalRuntime",
    "MobileClient",
    "NotDrainedError",
    "Outcome",
    "ReceiptHandleError",
    "SandboxCrash",
    "SandboxTimeout",
    "arun",
    "events",
    "run",
]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
