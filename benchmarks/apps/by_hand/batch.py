"""A loop over the messages, with nothing to keep one apart from the next."""

from __future__ import annotations

from typing import Any


def process(message: dict[str, Any], context: object) -> None:
    pass


def handler(event: dict[str, Any], context: object) -> object:
    failures = []
    for message in event["Records"]:
        try:
            process(message, context)
        except Exception:  # noqa: BLE001 - that is what a failed message is
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
