"""S3 Batch Operations: each task, one object of a manifest, is answered for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from lambdakit._configurable import ConfigurableAdapter, called_at
from lambdakit.errors import EventError, InProgressError, NotFinishedError, NotStartedError, OptionError

from ._engine import batch_of
from ._records import came

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lambdakit._middleware import Adapter

    from ._source import LaneOf, Record


_ALWAYS_AGAIN = (InProgressError, NotFinishedError, NotStartedError)  # whatever `permanent` has, Exception say


class S3BatchResult(TypedDict):
    """What became of one task."""

    taskId: str
    resultCode: Literal["Succeeded", "TemporaryFailure", "PermanentFailure"]
    resultString: str


class S3BatchResponse(TypedDict):
    """What S3 expects: a result for each task."""

    invocationSchemaVersion: str
    treatMissingKeysAs: Literal["TemporaryFailure"]
    invocationId: str
    results: list[S3BatchResult]


class _S3Batch:
    name = "s3_batch"

    def __init__(self, permanent: tuple[type[Exception], ...]) -> None:
        self._permanent = permanent

    def records(self, event: Any) -> Sequence[Record]:
        tasks: Any = event.get("tasks") if isinstance(event, dict) else None
        if not isinstance(tasks, list) or not isinstance(event.get("invocationId"), str):
            msg = (
                "s3_batch expected an event from S3 Batch Operations, an object with an 'invocationId' and a list of "
                f"'tasks'; {came(event, tasks, 'S3 Batch Operations', key='tasks')}"
            )
            raise EventError(msg)
        if not all(isinstance(task, dict) and isinstance(task.get("taskId"), str) for task in tasks):
            msg = "s3_batch expected tasks with a 'taskId' each; at least one has none"
            raise EventError(msg)
        return tasks

    def id_of(self, record: Record) -> str:
        task_id: str = record["taskId"]
        return task_id

    def lane_of(self, _records: Sequence[Record], _concurrency: int) -> LaneOf | None:
        return None

    def describe(self, record: Mapping[str, Any]) -> Mapping[str, object]:
        return {"task_id": record["taskId"]}

    def read_result(self, record: Record, result: Any) -> S3BatchResult:
        told = "" if result is None else str(result)
        return {"taskId": record["taskId"], "resultCode": "Succeeded", "resultString": told}

    def answer(
        self, event: Any, records: Sequence[Record], failures: Mapping[int, Exception], results: Sequence[Any]
    ) -> S3BatchResponse:
        return {
            "invocationSchemaVersion": str(event.get("invocationSchemaVersion", "1.0")),
            "treatMissingKeysAs": "TemporaryFailure",
            "invocationId": event["invocationId"],
            "results": [
                self._failed(record, failures[index]) if index in failures else results[index]
                for index, record in enumerate(records)
            ],
        }

    def all_failed(self, _records: Sequence[Record], _failures: Mapping[int, Exception]) -> bool:
        return False

    def _failed(self, record: Record, error: Exception) -> S3BatchResult:
        is_permanent = isinstance(error, self._permanent) and not isinstance(error, _ALWAYS_AGAIN)
        return {
            "taskId": record["taskId"],
            "resultCode": "PermanentFailure" if is_permanent else "TemporaryFailure",
            "resultString": type(error).__name__,
        }


@ConfigurableAdapter
def s3_batch(
    *, concurrency: int = 1, reserve: float | None = None, permanent: tuple[type[Exception], ...] = ()
) -> Adapter[object, S3BatchResponse, Record, object]:
    """Call the handler once per task of S3 Batch Operations, and answer for each.

    Below this decorator the event is one task: AWS's own dict, with `s3Key` URL-encoded, or with `@parse` beneath it an
    `S3BatchTask`. What the handler returns stands in the completion report, as text. A task whose handler raises has
    failed, for the time being: S3 tries it again. The report then has the name of the error's type, and not its
    message. See "Invoke AWS Lambda function" in the Amazon S3 User Guide.

    Args:
        concurrency: How many tasks are processed at the same time: in threads if the handler is a plain function, in
            tasks of asyncio if it is async.
        reserve: Seconds that must be left for a task to be started; those that are not are tried again. Default: as
            long as the slowest task so far took, and half a second for the answer.
        permanent: Errors after which trying again makes no sense: the answer is `PermanentFailure`. Never so for tasks
            that were not started, have not ended, or are being processed elsewhere, though it may be `(Exception,)`.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        EventError: The event is not from S3 Batch Operations, or a task has no id; nothing was processed.

    Limitations:
        See `sqs_batch` on threads that still run when the answer has to be given.
    """
    given: object = permanent
    if not isinstance(given, tuple) or not all(
        isinstance(kind, type) and issubclass(kind, Exception) for kind in given
    ):
        msg = f"{called_at('s3_batch')}: permanent is a tuple of exception classes, not {permanent!r}"
        raise OptionError(msg)
    return batch_of(_S3Batch(permanent), concurrency=concurrency, reserve=reserve)
