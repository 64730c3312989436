"""Decorators for AWS Lambda handlers: parsing, logs, batches, and more.

Names are loaded when they are first used, so `import lambdakit` costs next to nothing, and a feature that is not used
costs nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._lazy import lazy_names

if TYPE_CHECKING:
    from ._claim import Claim
    from ._core import Handler, Next
    from ._invocation import Context, Invocation, current
    from ._log_context import bind, bound
    from ._middleware import Adapter, EventMiddleware, Middleware, ResultMiddleware, middleware, stack
    from ._step import blocking
    from .batch.dynamodb import dynamodb_batch
    from .batch.firehose import firehose_transform
    from .batch.kafka import kafka_batch
    from .batch.kinesis import kinesis_batch
    from .batch.s3 import s3_batch
    from .batch.sqs import sqs_batch
    from .clients import client, lazy, lazy_import, override, prewarm
    from .errors import (
        BatchError,
        ConfigurationError,
        DeadlineError,
        DeadlineExceededError,
        EncodeError,
        EventError,
        HandlerCancelledError,
        HandlerError,
        IdempotencyError,
        IdempotencyKeyError,
        InProgressError,
        LambdakitError,
        LazyError,
        MetricError,
        MissingExtraError,
        NoInvocationError,
        NotFinishedError,
        NotStartedError,
        OptionError,
        OwnershipLostError,
        ParseError,
        PayloadMismatchError,
        ResultNotStoredError,
        ResultTooLargeError,
        RunningLoopError,
        StoreError,
        SuspendedError,
    )
    from .idempotency import idempotent
    from .lifecycle import after_restore, before_snapshot, deadline, on_shutdown, warmup
    from .logging import log, logged
    from .metering import measured, metrics
    from .parsing import encoded, parse, payload
    from .tracing import span, traced

_HOMES = {
    "_claim": ("Claim",),
    "_core": ("Handler", "Next"),
    "_invocation": ("Context", "Invocation", "current"),
    "_log_context": ("bind", "bound"),
    "_middleware": ("Adapter", "EventMiddleware", "Middleware", "ResultMiddleware", "middleware", "stack"),
    "_step": ("blocking",),
    "batch.dynamodb": ("dynamodb_batch",),
    "batch.firehose": ("firehose_transform",),
    "batch.kafka": ("kafka_batch",),
    "batch.kinesis": ("kinesis_batch",),
    "batch.s3": ("s3_batch",),
    "batch.sqs": ("sqs_batch",),
    "clients": ("client", "lazy", "lazy_import", "override", "prewarm"),
    "errors": (
        "BatchError",
        "ConfigurationError",
        "DeadlineError",
        "DeadlineExceededError",
        "EncodeError",
        "EventError",
        "HandlerCancelledError",
        "HandlerError",
        "IdempotencyError",
        "IdempotencyKeyError",
        "InProgressError",
        "LambdakitError",
        "LazyError",
        "MetricError",
        "MissingExtraError",
        "NoInvocationError",
        "NotFinishedError",
        "NotStartedError",
        "OptionError",
        "OwnershipLostError",
        "ParseError",
        "PayloadMismatchError",
        "ResultNotStoredError",
        "ResultTooLargeError",
        "RunningLoopError",
        "StoreError",
        "SuspendedError",
    ),
    "idempotency": ("idempotent",),
    "lifecycle": ("after_restore", "before_snapshot", "deadline", "on_shutdown", "warmup"),
    "logging": ("log", "logged"),
    "metering": ("measured", "metrics"),
    "parsing": ("encoded", "parse", "payload"),
    "tracing": ("span", "traced"),
}

__all__ = [
    "Adapter",
    "BatchError",
    "Claim",
    "ConfigurationError",
    "Context",
    "DeadlineError",
    "DeadlineExceededError",
    "EncodeError",
    "EventError",
    "EventMiddleware",
    "Handler",
    "HandlerCancelledError",
    "HandlerError",
    "IdempotencyError",
    "IdempotencyKeyError",
    "InProgressError",
    "Invocation",
    "LambdakitError",
    "LazyError",
    "MetricError",
    "Middleware",
    "MissingExtraError",
    "Next",
    "NoInvocationError",
    "NotFinishedError",
    "NotStartedError",
    "OptionError",
    "OwnershipLostError",
    "ParseError",
    "PayloadMismatchError",
    "ResultMiddleware",
    "ResultNotStoredError",
    "ResultTooLargeError",
    "RunningLoopError",
    "StoreError",
    "SuspendedError",
    "after_restore",
    "before_snapshot",
    "bind",
    "blocking",
    "bound",
    "client",
    "current",
    "deadline",
    "dynamodb_batch",
    "encoded",
    "firehose_transform",
    "idempotent",
    "kafka_batch",
    "kinesis_batch",
    "lazy",
    "lazy_import",
    "log",
    "logged",
    "measured",
    "metrics",
    "middleware",
    "on_shutdown",
    "override",
    "parse",
    "payload",
    "prewarm",
    "s3_batch",
    "span",
    "sqs_batch",
    "stack",
    "traced",
    "warmup",
]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
