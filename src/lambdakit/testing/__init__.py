"""Tools for tests of handlers: events, contexts, the way in and out of a handler that Lambda takes, and event sources.

Everything here can be imported; with pytest, `events`, `lambda_context`, `cold_start`, `captured_logs`,
`captured_metrics`, `captured_spans` and `override` are fixtures, which need no import: installing lambdakit is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from ._events import Events, events
    from .context import ClientContext, CognitoIdentity, FakeContext, MobileClient
    from .logs import CapturedLog, CapturedLogs
    from .metrics import CapturedMetrics, PublishedMetric, published_metrics
    from .overriding import Override
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
    from .spans import CapturedSpan, CapturedSpans
    from .store_contract import StoreContract

_HOMES = {
    "_events": ("Events", "events"),
    "context": ("ClientContext", "CognitoIdentity", "FakeContext", "MobileClient"),
    "logs": ("CapturedLog", "CapturedLogs"),
    "metrics": ("CapturedMetrics", "PublishedMetric", "published_metrics"),
    "overriding": ("Override",),
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
    "spans": ("CapturedSpan", "CapturedSpans"),
    "store_contract": ("StoreContract",),
}

__all__ = [
    "CapturedLog",
    "CapturedLogs",
    "CapturedMetrics",
    "CapturedSpan",
    "CapturedSpans",
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
    "Override",
    "PublishedMetric",
    "ReceiptHandleError",
    "SandboxCrash",
    "SandboxTimeout",
    "StoreContract",
    "arun",
    "events",
    "published_metrics",
    "run",
]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
