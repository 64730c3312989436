"""Handlers as users write them without a library, and ways to look into records."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Handler: TypeAlias = "Callable[[Any, Any], object]"


def payload_of(record: Any) -> Any:
    """What a test sent: a number, or text."""
    match record:
        case {"body": text} | {"dynamodb": {"NewImage": {"id": {"S": text}}}}:
            pass
        case {"kinesis": {"data": data}} | {"value": data}:
            text = b64decode(data).decode()
        case _:
            raise AssertionError(record)
    return int(text) if text.isdigit() else text


def identifier_of(record: Any) -> Any:
    """What an answer calls it."""
    match record:
        case {"messageId": identifier}:
            return identifier
        case {"kinesis": {"sequenceNumber": identifier}} | {"dynamodb": {"SequenceNumber": identifier}}:
            return identifier
        case {"topic": topic, "partition": partition, "offset": offset}:
            return {"partition": f"{topic}-{partition}", "offset": offset}
        case _:
            raise AssertionError(record)


def records_of(event: Any) -> list[Any]:
    """All of them, in order."""
    if "Records" in event:
        return list(event["Records"])
    return [record for records in event["records"].values() for record in records]


def failures(*records: Any) -> dict[str, Any]:
    """The answer that names these."""
    return {"batchItemFailures": [{"itemIdentifier": identifier_of(record)} for record in records]}


def failing(*payloads: object) -> Handler:
    """Reports these, and nothing else, each time."""

    def handler(event: Any, context: Any) -> object:
        return failures(*(record for record in records_of(event) if payload_of(record) in payloads))

    return handler


def answering(answer: object) -> Handler:
    """Always gives one answer."""
    return lambda event, context: answer


def raising(error: BaseException) -> Handler:
    """Always raises."""

    def handler(event: Any, context: Any) -> object:
        raise error

    return handler


class Recorder:
    """Remembers the payloads of each call; and, if told to, fails with some of them."""

    def __init__(self, *poison: object) -> None:
        self.calls: list[list[Any]] = []
        self._poison = poison

    def __call__(self, event: Any, context: Any) -> object:
        records = records_of(event)
        self.calls.append([payload_of(record) for record in records])
        return failures(*(record for record in records if payload_of(record) in self._poison))
