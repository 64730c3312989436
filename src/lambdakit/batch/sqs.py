"""SQS: a message is a record, and the messages of a group in a FIFO queue are a lane."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from lambdakit._configurable import ConfigurableAdapter, called_at
from lambdakit._middleware import Adapter
from lambdakit.errors import EventError, OptionError

from ._engine import Record, engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class BatchItemFailure(TypedDict):
    """One message that is to be delivered again."""

    itemIdentifier: str


class SQSBatchResponse(TypedDict):
    """What Lambda's poller expects; a list with nothing in it means that all went well."""

    batchItemFailures: list[BatchItemFailure]


class _SQS:
    name = "sqs_batch"

    def __init__(self) -> None:
        self.id_of: Callable[[Record], str] = itemgetter("messageId")

    def records(self, event: object) -> Sequence[Record]:
        records = event.get("Records") if isinstance(event, dict) else None
        if not isinstance(records, list):
            msg = f"sqs_batch expected an SQS event, an object with a list of 'Records'; {_came(event, records)}"
            raise EventError(msg)
        try:
            complete = all(map(self.id_of, records))
        except (KeyError, TypeError, IndexError):
            complete = False
        if not complete:
            msg = (
                "sqs_batch expected records with a 'messageId' each, by which a failure can be told; "
                f"{_came(event, records)}. Nothing was processed."
            )
            raise EventError(msg)
        return records

    def lane_of(self, records: Sequence[Record]) -> Callable[[Record], str | None] | None:
        # By the ARN: messages of a standard queue can have a group too, for fairness and not for order.
        if records and str(records[0].get("eventSourceARN", "")).endswith(".fifo"):
            return _group_of
        return None

    def describe(self, record: Mapping[str, Any]) -> Mapping[str, object]:
        fields: dict[str, object] = {"message_id": record["messageId"]}
        attributes = record.get("attributes")
        if isinstance(attributes, dict):
            if str(count := attributes.get("ApproximateReceiveCount")).isdigit():
                fields["receive_count"] = int(str(count))
            if group := attributes.get("MessageGroupId"):
                fields["message_group_id"] = group
        return fields

    def answer(self, failed: Sequence[str]) -> SQSBatchResponse:
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


@ConfigurableAdapter
def sqs_batch(
    *, on_all_failed: Literal["raise", "report"] = "raise", report_item_failures: bool = True
) -> Adapter[object, SQSBatchResponse, Record, object]:
    """Call the handler once per SQS message, and report those that failed, so that only they come again.

    Below this decorator the event is one message: AWS's own dict, or with `@parse` beneath it an `SQSMessage[Order]`.
    Each message runs in a context of its own. Above it, the handler's result is the answer that Lambda's poller
    expects. In a FIFO queue a failed message stops its message group: the rest of the group is reported too, and not
    started, so that order holds. Other groups go on.

    The event source mapping must have `FunctionResponseTypes: [ReportBatchItemFailures]`. Without it the answer is
    ignored, and what failed is deleted. See "Implementing partial batch responses" in the AWS Lambda Developer Guide.

    Args:
        on_all_failed: `"raise"` a `BatchError` when every message failed, so that the poller backs off and alarms on
            errors fire; or `"report"` it as any other failure.
        report_item_failures: False for a mapping without `ReportBatchItemFailures`: any failure raises a `BatchError`
            then, and all messages of the batch come again.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        EventError: The event is not from SQS, `Records` is missing or null, or a message has no id; nothing was
            processed. An empty list of records is a success.
        BatchError: See the options.
    """
    if on_all_failed not in ("raise", "report"):
        msg = f"{called_at('sqs_batch')}: on_all_failed is 'raise' or 'report', not {on_all_failed!r}"
        raise OptionError(msg)
    if not isinstance(report_item_failures, bool):
        msg = f"{called_at('sqs_batch')}: report_item_failures is True or False, not {report_item_failures!r}"
        raise OptionError(msg)
    return Adapter(engine(_SQS(), raise_all_failed=on_all_failed == "raise", report_item_failures=report_item_failures))


def _group_of(record: Record) -> str | None:
    group: str | None = record.get("attributes", {}).get("MessageGroupId")
    return group


def _came(event: object, records: object) -> str:
    from lambdakit._payload import source_of  # noqa: PLC0415 - only where something is wrong already

    source = source_of(event)
    if source is not None and source != "SQS":
        return f"this is an event of {source}"
    if not isinstance(event, dict):
        return f"got {type(event).__name__}"
    if "Records" not in event:
        return "there is no 'Records'"
    if not isinstance(records, list):
        return f"'Records' is {'null' if records is None else type(records).__name__}"
    return "at least one has none"
