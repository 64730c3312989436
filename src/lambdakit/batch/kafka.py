"""Kafka, from Amazon MSK or self-managed: the records of a partition are in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from lambdakit._configurable import ConfigurableAdapter
from lambdakit.errors import EventError

from ._engine import batch_of
from ._records import came

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lambdakit._middleware import Adapter

    from ._source import LaneOf, ReadResult, Record


class KafkaItemIdentifier(TypedDict):
    """A record of a topic: `{"partition": "orders-0", "offset": 12}`."""

    partition: str
    offset: int


class KafkaItemFailure(TypedDict):
    """One record that is to be sent again."""

    itemIdentifier: KafkaItemIdentifier


class KafkaBatchResponse(TypedDict):
    """What Lambda's poller expects; a list with nothing in it means that all went well."""

    batchItemFailures: list[KafkaItemFailure]


class _Kafka:
    name = "kafka_batch"

    def __init__(self) -> None:
        self.read_result: ReadResult | None = None

    def records(self, event: Any) -> Sequence[Record]:
        partitions = event.get("records") if isinstance(event, dict) else None
        if not isinstance(partitions, dict) or not all(isinstance(records, list) for records in partitions.values()):
            msg = (
                "kafka_batch expected an event from Kafka, an object with 'records', which has a list of records for "
                f"each partition of a topic; {came(event, partitions, 'Kafka', key='records')}"
            )
            raise EventError(msg)
        records = [record for partition in partitions.values() for record in partition]
        if not all(map(_is_complete, records)):
            msg = (
                "kafka_batch expected records with 'topic', 'partition' and 'offset', by which a failure can be told; "
                "at least one lacks them. Nothing was processed."
            )
            raise EventError(msg)
        return records

    def id_of(self, record: Record) -> str:
        return f"{record['topic']}-{record['partition']}@{record['offset']}"

    def lane_of(self, _records: Sequence[Record], _concurrency: int) -> LaneOf | None:
        return _partition_of

    def describe(self, record: Mapping[str, Any]) -> Mapping[str, object]:
        return {"topic": record["topic"], "partition": record["partition"], "offset": record["offset"]}

    def answer(
        self, _event: Any, records: Sequence[Record], failures: Mapping[int, Exception], _results: Sequence[object]
    ) -> KafkaBatchResponse:
        failed = [records[index] for index in sorted(failures)]
        return {
            "batchItemFailures": [
                {"itemIdentifier": {"partition": _partition_of(record), "offset": record["offset"]}}
                for record in failed
            ]
        }

    def all_failed(self, records: Sequence[Record], failures: Mapping[int, Exception]) -> bool:
        return len(failures) == len(records)


@ConfigurableAdapter
def kafka_batch(
    *,
    concurrency: int = 1,
    reserve: float | None = None,
    on_all_failed: Literal["raise", "report"] = "raise",
    report_item_failures: bool = True,
) -> Adapter[object, KafkaBatchResponse, Record, object]:
    """Call the handler once per Kafka record, and report those that failed.

    Below this decorator the event is one record: AWS's own dict, with `key` and `value` in base64, or with `@parse`
    beneath it a `KafkaEventRecord[Order]`. A partition stops at its first failure; the rest of it is reported too, and
    not started. Other partitions go on.

    The event source mapping must have `FunctionResponseTypes: [ReportBatchItemFailures]`, which for Kafka needs
    provisioned mode. See "Configuring error handling controls for Kafka event sources" in the AWS Lambda Developer
    Guide. Without it, write `@kafka_batch(report_item_failures=False)`.

    Args:
        concurrency: How many records are processed at the same time: in threads if the handler is a plain function, in
            tasks if it is async. Records of a partition stay one after the other.
        reserve: Seconds that must be left for a record to be started. Default: as long as the slowest record so far
            took, and half a second for the answer.
        on_all_failed: `"raise"` a `BatchError` when every record failed, so that alarms on errors fire; or `"report"`
            it as any other failure. As for `sqs_batch`, nothing is raised when nothing is wrong.
        report_item_failures: False for a mapping without `ReportBatchItemFailures`: any failure raises a `BatchError`.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        EventError: The event is not from Kafka, or a record cannot be told from others; nothing was processed.
        BatchError: See the options.

    Limitations:
        See `sqs_batch` on threads that still run when the answer has to be given.
    """
    return batch_of(
        _Kafka(),
        concurrency=concurrency,
        reserve=reserve,
        on_all_failed=on_all_failed,
        report_item_failures=report_item_failures,
    )


def _is_complete(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and isinstance(record.get("topic"), str)
        and isinstance(record.get("partition"), int)
        and isinstance(record.get("offset"), int)
    )


def _partition_of(record: Record) -> str:
    return f"{record['topic']}-{record['partition']}"
