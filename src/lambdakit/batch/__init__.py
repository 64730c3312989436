"""Batches: one engine, and a thin file for each source of records.

The decorators are in `lambdakit` itself. Here is what handlers and annotations name besides: the shapes of the answers,
as TypedDicts, and what a Firehose handler returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from ._streams import StreamBatchResponse, StreamItemFailure
    from .firehose import DROPPED, Dropped, FirehoseMetadata, FirehoseResponse, FirehoseResponseRecord, Transformed
    from .kafka import KafkaBatchResponse, KafkaItemFailure, KafkaItemIdentifier
    from .s3 import S3BatchResponse, S3BatchResult
    from .sqs import SQSBatchResponse, SQSItemFailure

_HOMES = {
    "_streams": ("StreamBatchResponse", "StreamItemFailure"),
    "firehose": (
        "DROPPED",
        "Dropped",
        "FirehoseMetadata",
        "FirehoseResponse",
        "FirehoseResponseRecord",
        "Transformed",
    ),
    "kafka": ("KafkaBatchResponse", "KafkaItemFailure", "KafkaItemIdentifier"),
    "s3": ("S3BatchResponse", "S3BatchResult"),
    "sqs": ("SQSBatchResponse", "SQSItemFailure"),
}

__all__ = [
    "DROPPED",
    "Dropped",
    "FirehoseMetadata",
    "FirehoseResponse",
    "FirehoseResponseRecord",
    "KafkaBatchResponse",
    "KafkaItemFailure",
    "KafkaItemIdentifier",
    "S3BatchResponse",
    "S3BatchResult",
    "SQSBatchResponse",
    "SQSItemFailure",
    "StreamBatchResponse",
    "StreamItemFailure",
    "Transformed",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
