"""Kinesis Data Streams: the records of a shard are in order, and within a partition key under concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from lambdakit._configurable import ConfigurableAdapter

from ._engine import batch_of
from ._streams import Stream, StreamBatchResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdakit._middleware import Adapter

    from ._source import Record


@ConfigurableAdapter
def kinesis_batch(
    *,
    concurrency: int = 1,
    reserve: float | None = None,
    on_all_failed: Literal["raise", "report"] = "raise",
    report_item_failures: bool = True,
) -> Adapter[object, StreamBatchResponse, Record, object]:
    """Call the handler once per Kinesis record, and report where the shard is to be tried again.

    Below this decorator the event is one record: AWS's own dict, or with `@parse` beneath it a
    `KinesisEventRecord[Order]`. Records are processed in the order of the shard. After the first failure none is
    started, since Lambda sends all records from the lowest reported sequence number on again.

    The event source mapping must have `FunctionResponseTypes: [ReportBatchItemFailures]`. See "Configuring partial
    batch response with Kinesis Data Streams and Lambda" in the AWS Lambda Developer Guide.

    Args:
        concurrency: How many records are processed at the same time: in threads if the handler is a plain function, in
            tasks if it is async. Records with the same partition key stay one after the other; a failure stops its key
            only, and records of other keys that come off after it are sent again all the same.
        reserve: Seconds that must be left for a record to be started. Default: as long as the slowest record so far
            took, and half a second for the answer.
        on_all_failed: `"raise"` a `BatchError` when the first record failed, so that alarms on errors fire; or
            `"report"` it as any other failure. As for `sqs_batch`, nothing is raised when nothing is wrong.
        report_item_failures: False for a mapping without `ReportBatchItemFailures`: any failure raises a `BatchError`.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        EventError: The event is not from Kinesis, or a record has no sequence number; nothing was processed.
        BatchError: See the options.

    Limitations:
        See `sqs_batch` on threads that still run when the answer has to be given.
    """
    return batch_of(
        Stream(
            name="kinesis_batch",
            service="Kinesis",
            sequence_number=lambda record: record["kinesis"]["sequenceNumber"],
            key=lambda record: record["kinesis"].get("partitionKey"),
            describe=_describe,
        ),
        concurrency=concurrency,
        reserve=reserve,
        on_all_failed=on_all_failed,
        report_item_failures=report_item_failures,
    )


def _describe(record: Mapping[str, Any]) -> Mapping[str, object]:
    kinesis = record["kinesis"]
    return {"sequence_number": kinesis["sequenceNumber"], "partition_key": kinesis.get("partitionKey")}
