"""Where each source of events carries what the event is about: its business payload.

Works on AWS's own dicts, with no models, so that a feature that asks does not need pydantic.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from lambdakit.errors import ParseError

from .decoding import MalformedError, from_base64, unmarshalled, unzipped

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["business_payload", "carried_payload", "source_of"]

Record: TypeAlias = dict[Any, Any]


def source_of(event: object) -> str | None:
    """Name the source of an event, or of a record: `SQS`, `API Gateway HTTP API`; None if it is not known."""
    source = _source_of(event)
    return source.name if source else None


def business_payload(event: object) -> object:
    """Find what an event is about, with base64, gzip, DynamoDB's attribute values and JSON undone.

    AWS's own envelopes on the way are opened: an SNS notification in an SQS message, an S3 notification in that one,
    an EventBridge event on a queue.

    Args:
        event: An event, or a record of one, as AWS sends it. An event of records must have exactly one.

    Returns:
        JSON objects and arrays as dict and list; other text as str, or as bytes where it came as base64. Of a record
        of a DynamoDB stream, the attributes of the new image, else of the old one, else of the keys. Of S3, the
        record, and of S3 Batch Operations, the task. None for a record of Kafka with no value. An event of no known
        source is its own payload.

    Raises:
        ParseError: The payload is missing, or wrongly encoded, or there are several records.
    """
    payload = carried_payload(event)
    if isinstance(payload, str | bytes) and payload.lstrip()[:1] in ("{", "[", b"{", b"["):
        return _json(payload, otherwise=payload)
    return payload


def carried_payload(event: object) -> object:
    """As `business_payload`, but text is left as it is, for those who decode JSON themselves.

    Raises:
        ParseError: See `business_payload`.
    """
    if type(event) is dict and event.get("eventSource") == "aws:sqs":  # the most frequent one by far, under a batch
        body: object = event.get("body")
        if type(body) is str and not _may_hold_envelope(body):
            return body
    try:
        return _carried(event)
    except MalformedError as error:
        where, fault = error.path, f"should be {error.expected}"
    msg = f"the payload of the event cannot be read: {where} {fault}"
    raise ParseError(msg, [(where, fault)])


def _carried(event: object, path: str = "") -> object:
    source = _source_of(event)
    if source is None:
        return event
    key, records = _records_of(event)
    if len(records) > 1:
        raise MalformedError("one record; for several, put a batch decorator such as sqs_batch above", path + key)
    record = records[0] if records else event
    if records:
        path += f"{key}.0."
    try:
        payload = source.read(record, source.path)
    except MalformedError as error:
        there = MalformedError(error.expected, path + (error.path or source.path))
    else:
        envelope = _envelope_in(payload)
        return payload if envelope is None else _carried(envelope, f"{path}{source.path}.")
    raise there


def _records_of(event: object) -> tuple[str, list[object]]:
    """The records of an event, after where they stand in it."""
    for key in ("Records", "records", "tasks"):
        records = event.get(key) if isinstance(event, dict) else None
        if isinstance(records, list) and records:
            return key, records
        if isinstance(records, dict) and (partitions := [part for part in records.values() if isinstance(part, list)]):
            return f"{key}.<key>", [record for partition in partitions for record in partition]
    return "", []


def _envelope_in(payload: object) -> object:
    """The event that AWS has put into the payload of another, decoded; None if there is none."""
    if not isinstance(payload, str) or not _may_hold_envelope(payload):
        return None
    inner = _json(payload, otherwise=None)
    source = _source_of(inner)
    return inner if source and source.travels else None


def _may_hold_envelope(text: str) -> bool:
    return '"Records"' in text or '"TopicArn"' in text or '"detail-type"' in text


def _json(text: str | bytes, otherwise: object) -> object:
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        return otherwise
    return decoded


def _text(record: Record, path: str) -> str:
    value: object = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise MalformedError("text")
    return value


def _zipped(record: Record, path: str) -> bytes:
    return unzipped(from_base64(_text(record, path)))


def _value(record: Record, path: str) -> bytes | None:
    return None if record.get(path) is None else _zipped(record, path)  # None: a tombstone


def _http_body(record: Record, path: str) -> str | bytes | None:
    if record.get(path) is None:
        return None
    body = _text(record, path)
    return from_base64(body) if record.get("isBase64Encoded") is True else body


def _image(record: Record, path: str) -> object:
    change = record.get(path)
    for name in ("NewImage", "OldImage", "Keys"):
        if isinstance(change, dict) and change.get(name) is not None:
            try:
                return unmarshalled(change[name])
            except MalformedError as error:
                expected = error.expected
            raise MalformedError(expected, f"{path}.{name}")
    raise MalformedError("NewImage, OldImage or Keys")


def _detail(record: Record, path: str) -> object:
    detail: object = record[path]
    return _json(detail, otherwise=detail) if isinstance(detail, str) else detail  # EventBridge Scheduler sends "{}"


def _itself(record: Record, _path: str) -> Record:
    return record


def _records_from(service: str) -> Callable[[Record], bool]:
    return lambda record: record.get("eventSource") == service


def _having(*keys: str) -> Callable[[Record], bool]:
    return lambda record: all(key in record for key in keys)


def _is_notification(record: Record) -> bool:
    return record.get("Type") == "Notification" and "TopicArn" in record


def _request_context(record: Record) -> Record:
    context = record.get("requestContext")
    return context if isinstance(context, dict) else {}


def _is_http(record: Record) -> bool:
    return isinstance(_request_context(record).get("http"), dict)


def _is_function_url(record: Record) -> bool:
    return _is_http(record) and ".lambda-url." in str(_request_context(record).get("domainName"))


def _is_rest(record: Record) -> bool:
    return "httpMethod" in record and "requestContext" in record and "elb" not in _request_context(record)


class _Source:  # not a NamedTuple, which would cost each cold start 2 ms
    """Where a service has what its events are about.

    Attributes:
        name: What it is called.
        sent: Whether an event, or a record, comes from this source.
        path: Where the payload is.
        read: Takes the event, or the record, and the path, and gives the payload.
        travels: Whether AWS also puts it, whole, into the payloads of other sources.
        records: Where an event has its records, if it has any.
    """

    __slots__ = ("name", "path", "read", "records", "sent", "travels")

    def __init__(
        self,
        name: str,
        sent: Callable[[Record], bool],
        path: str,
        read: Callable[[Any, str], object],
        *,
        travels: bool = False,
        records: str = "Records",
    ) -> None:
        self.name = name
        self.sent = sent
        self.path = path
        self.read = read
        self.travels = travels
        self.records = records


_SOURCES = (
    _Source("SQS", _records_from("aws:sqs"), "body", _text),
    _Source("SNS", _having("Sns"), "Sns.Message", _text),
    _Source("SNS", _is_notification, "Message", _text, travels=True),
    _Source("S3", _records_from("aws:s3"), "s3", _itself, travels=True),
    _Source("DynamoDB", _records_from("aws:dynamodb"), "dynamodb", _image),
    _Source("Kinesis", _records_from("aws:kinesis"), "kinesis.data", _zipped),
    _Source(
        "Kafka", _having("topic", "partition", "offset", "timestampType"), "value", _value, records="records.<key>"
    ),
    _Source("Firehose", _having("recordId", "approximateArrivalTimestamp", "data"), "data", _zipped, records="records"),
    _Source("S3 Batch Operations", _having("taskId", "s3Key"), "", _itself, records="tasks"),
    _Source("EventBridge", _having("detail-type", "detail"), "detail", _detail, travels=True),
    _Source("CloudWatch Logs", _having("awslogs"), "awslogs.data", _zipped),
    _Source("Lambda function URL", _is_function_url, "body", _http_body),
    _Source("API Gateway HTTP API", _is_http, "body", _http_body),
    _Source("API Gateway REST API", _is_rest, "body", _http_body),
)


_MARKS = frozenset(
    (
        "eventSource",
        "Sns",
        "TopicArn",
        "timestampType",
        "recordId",
        "taskId",
        "detail-type",
        "awslogs",
        "requestContext",
    )
)
"""Every source's records, or events without any, have one of these keys."""


def _source_of(event: object) -> _Source | None:
    key, records = _records_of(event)
    record = records[0] if records else event
    if not isinstance(record, dict) or _MARKS.isdisjoint(record):
        return None
    return next((source for source in _SOURCES if source.sent(record) and key in ("", source.records)), None)
