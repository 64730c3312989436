"""What becomes of SQS messages that failed: when they come again, or where they are put for good.

See "Amazon SQS visibility timeout" and "Using dead-letter queues in Amazon SQS" in the Amazon SQS Developer Guide.
"""

from __future__ import annotations

import base64
import logging
import random
from typing import TYPE_CHECKING, Any

from lambdakit import _boto3
from lambdakit._invocation import current
from lambdakit.errors import InProgressError, NotStartedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ._source import Record

CAP = 42_300
"""Seconds: a message is invisible for 12 hours at most, from its receive on, and a function may run for 15 minutes."""

_ATTRIBUTES = 10  # that a message may have
_ERROR_TYPE = "ErrorType"

_REQUEST, _FIRST_REQUEST = 0.3, 1.0  # seconds that must be left to ask SQS for something after the batch
_ATTEMPTS = 2  # there may be little time left

_log = logging.getLogger("lambdakit.batch")
_random = random.SystemRandom()  # `random` itself goes on alike in every copy of a SnapStart snapshot


class SQSRetry:
    """How failed messages are tried again.

    Args:
        backoff: Seconds for the first try, doubled for each receive; or a function of the receive count. None: the
            visibility timeout of the queue stands.
        not_retryable: Errors after which a message goes to the dead-letter queue at once.
        dead_letter_queue: Its URL.
    """

    def __init__(
        self,
        *,
        backoff: float | Callable[[int], float] | None,
        not_retryable: tuple[type[Exception], ...],
        dead_letter_queue: str | None,
    ) -> None:
        self._backoff = backoff
        self._not_retryable = not_retryable
        self._dead_letter_queue = dead_letter_queue

    def is_final(self, error: Exception) -> bool:
        """Whether trying again makes no sense. A message that is being processed elsewhere is never given up."""
        return isinstance(error, self._not_retryable) and not isinstance(error, InProgressError)

    def bury(self, record: Record, error: Exception) -> bool:
        """Send a message to the dead-letter queue; give whether it is there, so that it may be deleted here."""
        try:
            _client(record).send_message(**self._dead_letter(record, error))
        except Exception as problem:  # noqa: BLE001 - then it is a failed message like any other
            _log.error("message %s could not be sent to the dead-letter queue", record["messageId"], exc_info=problem)
            return False
        _log.error(
            "message %s went to the dead-letter queue: %s", record["messageId"], type(error).__name__, exc_info=error
        )
        return True

    def delay(self, records: Sequence[Record], failures: Mapping[int, Exception]) -> None:
        """Set when the messages that failed come again; those that were not started for lack of time stay as they are.

        The messages of a FIFO group get one value, that of the message which failed.
        """
        if self._backoff is None:
            return
        entries: list[dict[str, object]] = []
        of_group: dict[str, int] = {}
        for index in sorted(failures):
            record, group = records[index], _fifo_group(records[index])
            if isinstance(failures[index], NotStartedError) and group not in of_group:
                continue
            try:
                handle = record["receiptHandle"]
                seconds = of_group[str(group)] if group in of_group else self._seconds(record)
            except Exception as problem:  # noqa: BLE001 - of the function that the user gave, most likely
                _log.error("the visibility of message %s is left as it is", record["messageId"], exc_info=problem)
                continue
            if group is not None:
                of_group[group] = seconds
            entries.append({"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": seconds})
        for start in range(0, len(entries), 10):
            if current().remaining < (_REQUEST if _boto3.is_loaded() else _FIRST_REQUEST):
                left_alone = len(entries) - start
                _log.warning("there was too little time left to change the visibility of %d message(s)", left_alone)
                return
            self._change(records, entries[start : start + 10])

    def _dead_letter(self, record: Record, error: Exception) -> dict[str, object]:
        attributes = {name: _attribute(given) for name, given in (record.get("messageAttributes") or {}).items()}
        if _ERROR_TYPE in attributes or len(attributes) < _ATTRIBUTES:
            attributes[_ERROR_TYPE] = {"DataType": "String", "StringValue": type(error).__name__}
        message: dict[str, object] = {
            "QueueUrl": self._dead_letter_queue,
            "MessageBody": record["body"],
            "MessageAttributes": attributes,
        }
        if str(self._dead_letter_queue).endswith(".fifo"):
            message["MessageGroupId"] = record["attributes"].get("MessageGroupId", record["messageId"])
            # Not the sender's own id: two messages may share one, if they were sent more than five minutes apart.
            message["MessageDeduplicationId"] = record["messageId"]
        return message

    def _change(self, records: Sequence[Record], entries: list[dict[str, object]]) -> None:
        try:
            answer = _client(records[0]).change_message_visibility_batch(
                QueueUrl=_queue_url(records[0]), Entries=entries
            )
            failed = answer.get("Failed", [])
        except Exception as problem:  # noqa: BLE001 - the messages come again all the same, only not when they should
            _log.error("the visibility of %d message(s) could not be changed", len(entries), exc_info=problem)
            return
        for failure in failed:
            message_id = records[int(failure["Id"])]["messageId"]
            _log.error("the visibility of message %s could not be changed: %s", message_id, failure.get("Code"))

    def _seconds(self, record: Record) -> int:
        count = max(1, int((record.get("attributes") or {}).get("ApproximateReceiveCount", 1)))
        if callable(self._backoff):
            wanted = self._backoff(count)
        else:
            # "Full jitter": any time up to the bound, so that messages that failed together do not come together.
            wanted = _random.uniform(0, min(float(CAP), float(self._backoff or 0) * 2.0 ** min(count - 1, 30)))
        return round(min(float(CAP), max(0.0, wanted)))


def _client(record: Record) -> Any:
    return _boto3.client("sqs", str(record["eventSourceARN"]).split(":")[3], attempts=_ATTEMPTS)


def _queue_url(record: Record) -> str:
    _, _, _, _, account, name = str(record["eventSourceARN"]).split(":")
    return f"{_client(record).meta.endpoint_url}/{account}/{name}"


def _fifo_group(record: Record) -> str | None:
    if not str(record.get("eventSourceARN", "")).endswith(".fifo"):
        return None
    return str((record.get("attributes") or {}).get("MessageGroupId"))


def _attribute(given: Mapping[str, Any]) -> dict[str, object]:
    """A message attribute as it is sent, made of one as it is received by Lambda."""
    made: dict[str, object] = {"DataType": given["dataType"]}
    if given.get("stringValue") is not None:
        made["StringValue"] = given["stringValue"]
    if given.get("binaryValue") is not None:
        made["BinaryValue"] = base64.b64decode(given["binaryValue"])
    return made
