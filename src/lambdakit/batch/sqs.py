"""SQS: a message is a record, and the messages of a group in a FIFO queue are a lane."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from lambdakit._configurable import ConfigurableAdapter, called_at
from lambdakit.errors import OptionError

from ._engine import batch_of
from ._records import records_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lambdakit._middleware import Adapter

    from ._source import LaneOf, ReadResult, Record, Retry


class SQSItemFailure(TypedDict):
    """One message that is to be delivered again."""

    itemIdentifier: str


class SQSBatchResponse(TypedDict):
    """What Lambda's poller expects; a list with nothing in it means that all went well."""

    batchItemFailures: list[SQSItemFailure]


class _SQS:
    name = "sqs_batch"

    def __init__(self, *, stop: bool) -> None:
        self._stop = stop
        self.read_result: ReadResult | None = None
        self.id_of: Callable[[Record], str] = itemgetter("messageId")

    def records(self, event: Any) -> Sequence[Record]:
        return records_of(event, self.id_of, decorator=self.name, source="SQS", key="messageId")

    def lane_of(self, records: Sequence[Record], _concurrency: int) -> LaneOf | None:
        # By the ARN: messages of a standard queue can have a group too, for fairness and not for order.
        if not records or not str(records[0].get("eventSourceARN", "")).endswith(".fifo"):
            return None
        return _one_lane if self._stop else _group_of

    def describe(self, record: Mapping[str, Any]) -> Mapping[str, object]:
        fields: dict[str, object] = {"message_id": record["messageId"]}
        attributes = record.get("attributes")
        if isinstance(attributes, dict):
            if str(count := attributes.get("ApproximateReceiveCount")).isdigit():
                fields["receive_count"] = int(str(count))
            if group := attributes.get("MessageGroupId"):
                fields["message_group_id"] = group
        return fields

    def answer(
        self, _event: Any, records: Sequence[Record], failures: Mapping[int, Exception], _results: Sequence[object]
    ) -> SQSBatchResponse:
        if not failures:
            return {"batchItemFailures": []}
        ids = dict.fromkeys(self.id_of(records[index]) for index in sorted(failures))
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in ids]}

    def all_failed(self, records: Sequence[Record], failures: Mapping[int, Exception]) -> bool:
        return len(failures) == len(records)


@ConfigurableAdapter
def sqs_batch(
    *,
    concurrency: int = 1,
    reserve: float | None = None,
    backoff: float | Callable[[int], float] | None = None,
    not_retryable: tuple[type[Exception], ...] = (),
    dead_letter_queue: str | None = None,
    on_failure: Literal["continue", "stop"] = "continue",
    on_all_failed: Literal["raise", "report"] = "raise",
    report_item_failures: bool = True,
) -> Adapter[object, SQSBatchResponse, Record, object]:
    """Call the handler once per SQS message, and report those that failed, so that only they come again.

    Below this decorator the event is one message: AWS's own dict, or with `@parse` beneath it an `SQSMessage[Order]`.
    Each message runs in a context of its own. Above it, the handler's result is the answer that Lambda's poller
    expects. In a FIFO queue a failed message stops its message group: the rest of the group is reported too, and not
    started, so that order holds. Other groups go on.

    The event source mapping must have `FunctionResponseTypes: [ReportBatchItemFailures]`. Without it the answer is
    ignored, and what failed is deleted. See "Implementing partial batch responses" in the AWS Lambda Developer Guide.

    Args:
        concurrency: How many messages are processed at the same time: in threads if the handler is a plain function, in
            tasks if it is async. The messages of a FIFO group stay one after the other.
        reserve: Seconds that must be left for a message to be started. Those that are not started are reported, and
            come again, which counts as a receive; their number is counted as `RecordsNotStarted`. Default: as long as
            the slowest message so far took, and half a second for the answer.
        backoff: When failed messages come again, by `ChangeMessageVisibility`: seconds for the first time, doubled with
            each receive, of which a random part is taken ("full jitter"); or a function that gives seconds for a
            receive count. At most 11 h 45 min. A failed message of a FIFO queue and the rest of its group get one
            value. Default: the visibility timeout of the queue. Needs the extra `aws` and
            `sqs:ChangeMessageVisibility`.
        not_retryable: Errors after which trying again makes no sense, `ParseError` say. The message is sent to
            `dead_letter_queue`, and counts as done once that has succeeded; in a FIFO queue its group then goes on. Its
            attribute `ErrorType` names the error.
        dead_letter_queue: The URL of that queue, in the same region. Needs the extra `aws` and `sqs:SendMessage`.
        on_failure: In a FIFO queue, `"continue"` with the other groups, or `"stop"`, which starts no message of any
            group after the first failure. (AWS's text asks for the latter. Order within groups holds either way.)
        on_all_failed: `"raise"` a `BatchError` when every message failed, so that alarms on errors fire; or `"report"`
            it as any other failure. Nothing is raised when nothing is wrong: when each of them was not started, or is
            being processed by another invocation (`InProgressError`).
        report_item_failures: False for a mapping without `ReportBatchItemFailures`: any failure raises a `BatchError`
            then, and all messages of the batch come again.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        EventError: The event is not from SQS, `Records` is missing or null, or a message has no id; nothing was
            processed. An empty list of records is a success.
        BatchError: See the options.

    Limitations:
        A thread cannot be stopped. A message that one is still processing when the answer has to be given is reported
        and comes again, though it may yet have its effects; it is counted as `RecordsNotFinished`. The next invocation
        of the sandbox waits for such threads for up to five seconds. Async messages are cancelled instead.
    """
    if on_failure not in ("continue", "stop"):
        msg = f"{called_at('sqs_batch')}: on_failure is 'continue' or 'stop', not {on_failure!r}"
        raise OptionError(msg)
    return batch_of(
        _SQS(stop=on_failure == "stop"),
        concurrency=concurrency,
        reserve=reserve,
        on_all_failed=on_all_failed,
        report_item_failures=report_item_failures,
        retry=_retry(backoff, not_retryable, dead_letter_queue),
    )


def _retry(backoff: object, not_retryable: object, dead_letter_queue: object) -> Retry | None:
    if backoff is None and not not_retryable and dead_letter_queue is None:
        return None
    from lambdakit._extras import check_installed  # noqa: PLC0415 - only for those who ask for it

    from ._sqs_retry import CAP, SQSRetry  # noqa: PLC0415

    problem = None
    if isinstance(backoff, bool) or not (backoff is None or callable(backoff) or isinstance(backoff, int | float)):
        problem = f"backoff is seconds, or a function of the receive count, not {backoff!r}"
    elif isinstance(backoff, int | float) and not 0 < backoff <= CAP:
        problem = f"backoff is more than 0 and at most {CAP} seconds, not {backoff!r}"
    elif not isinstance(not_retryable, tuple) or not all(
        isinstance(kind, type) and issubclass(kind, Exception) for kind in not_retryable
    ):
        problem = f"not_retryable is a tuple of exception classes, not {not_retryable!r}"
    elif bool(not_retryable) != (dead_letter_queue is not None):
        problem = "not_retryable and dead_letter_queue belong together; one is missing"
    elif dead_letter_queue is not None and not str(dead_letter_queue).startswith(("http://", "https://")):
        problem = f"dead_letter_queue is the URL of a queue, not {dead_letter_queue!r}"
    if problem:
        msg = f"{called_at('sqs_batch')}: {problem}"
        raise OptionError(msg)
    check_installed("boto3", extra_name="aws", needed_by="sqs_batch(backoff=..., not_retryable=...)")
    return SQSRetry(backoff=backoff, not_retryable=not_retryable, dead_letter_queue=dead_letter_queue)  # type: ignore[arg-type]


def _group_of(record: Record) -> str:
    return str((record.get("attributes") or {}).get("MessageGroupId"))


def _one_lane(_record: Record) -> str:
    return ""
