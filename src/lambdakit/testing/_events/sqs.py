"""Amazon SQS: see "Using Lambda with Amazon SQS" in the AWS Lambda Developer Guide."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError

from .builder import NEW_YEAR, Builder, arn, milliseconds, region_of
from .payloads import attributes_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .payloads import AttributeValue, DataType


@dataclass(frozen=True, slots=True)
class SQSRecord:
    """A message that differs from the rest; what `sqs_record` gives, to be handed to `sqs`."""

    payload: object
    message_id: str | None = None
    receive_count: int = 1
    group: str | None = None
    deduplication_id: str | None = None
    attributes: Mapping[str, AttributeValue] | None = None
    trace_header: str | None = None


class SQS(Builder):
    """Events of Amazon SQS."""

    def sqs(self, *messages: object, queue: str = "queue", at: datetime = NEW_YEAR) -> dict[str, Any]:
        """A batch of messages.

        Args:
            *messages: A payload each, or what `sqs_record` gives. None makes an empty batch, which AWS never sends.
            queue: Its name, or its ARN. A name that ends in `.fifo` is a FIFO queue, and its messages have a group, a
                de-duplication id and a sequence number.
            at: When they were sent, with a time zone.

        Returns:
            The event.

        Raises:
            EncodeError: A payload has no form in JSON, or is bytes that are not UTF-8.
            OptionError: The queue or the time is none, or a message has a de-duplication id and the queue is not FIFO.
        """
        queue_arn = arn("queue", queue, service="sqs")
        sent = milliseconds(at)
        return {
            "Records": [
                self._message(
                    message if isinstance(message, SQSRecord) else SQSRecord(message),
                    where=f"events.sqs, message {number}",
                    queue_arn=queue_arn,
                    sent=sent,
                )
                for number, message in enumerate(messages, 1)
            ]
        }

    def sqs_record(
        self,
        payload: object,
        *,
        message_id: str | None = None,
        receive_count: int = 1,
        group: str | None = None,
        deduplication_id: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
        trace_header: str | None = None,
    ) -> SQSRecord:
        """A message that differs from the rest, to be handed to `sqs`.

        Args:
            payload: As for `sqs`.
            message_id: The id; by default a new one.
            receive_count: How often the message has been received, this time included.
            group: The message group: in a FIFO queue `group` by default; in a standard one it makes the queue fair.
            deduplication_id: Only for FIFO queues; by default the SHA-256 of the body, as with content-based
                de-duplication.
            attributes: The message attributes: str is a String, int, float and Decimal are a Number, bytes are Binary.
            trace_header: The X-Ray trace header, which AWS carries as `AWSTraceHeader`.

        Raises:
            OptionError: The count is less than 1.
        """
        if receive_count < 1:
            msg = f"receive_count: expected 1 or more, since this time counts; got {receive_count}"
            raise OptionError(msg)
        return SQSRecord(payload, message_id, receive_count, group, deduplication_id, attributes, trace_header)

    def _message(self, record: SQSRecord, *, where: str, queue_arn: str, sent: int) -> dict[str, Any]:
        body = text_of(record.payload, where)
        attributes = attributes_of(record.attributes)
        return {
            "messageId": self._ids.uuid() if record.message_id is None else record.message_id,
            "receiptHandle": f"AQEB{self._ids.token()}",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": str(record.receive_count),
                "SentTimestamp": str(sent),
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": str(sent + 1),
                **self._system_attributes(record, body, where=where, fifo=queue_arn.endswith(".fifo")),
            },
            "messageAttributes": {
                name: {
                    **({"stringValue": value} if isinstance(value, str) else {"binaryValue": _base64(value)}),
                    "stringListValues": [],
                    "binaryListValues": [],
                    "dataType": kind,
                }
                for name, kind, value in attributes
            },
            "md5OfMessageAttributes": _md5_of_attributes(attributes) if attributes else None,
            "md5OfBody": _md5(body.encode()),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": region_of(queue_arn),
        }

    def _system_attributes(self, record: SQSRecord, body: str, *, where: str, fifo: bool) -> dict[str, str]:
        made: dict[str, str] = {}
        if record.trace_header is not None:
            made["AWSTraceHeader"] = record.trace_header
        if record.group is not None or fifo:
            made["MessageGroupId"] = "group" if record.group is None else record.group
        if fifo:
            content = sha256(body.encode()).hexdigest()
            made["SequenceNumber"] = self._ids.sequence_number(18849496460467696128)
            made["MessageDeduplicationId"] = content if record.deduplication_id is None else record.deduplication_id
        elif record.deduplication_id is not None:
            msg = f"{where}: only FIFO queues have de-duplication ids; say so with queue='orders.fifo'"
            raise OptionError(msg)
        return made


def _md5_of_attributes(attributes: list[tuple[str, DataType, str | bytes]]) -> str:
    # "Calculating the MD5 message digest for message attributes" in the Amazon SQS Developer Guide.
    digested = b""
    for name, kind, value in sorted(attributes):
        raw, transport = (value.encode(), b"\1") if isinstance(value, str) else (value, b"\2")
        digested += _sized(name.encode()) + _sized(kind.encode()) + transport + _sized(raw)
    return _md5(digested)


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(4) + part


def _md5(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
