"""A loop over the messages, each of them a model of pydantic's with the fields that ours has."""

from __future__ import annotations

from typing import Any

from ._models import Message


def handler(event: dict[str, Any], context: object) -> object:
    failures = []
    for message in event["Records"]:
        try:
            assert Message.model_validate(message).body.total > 0
        except Exception:  # noqa: BLE001 - that is what a failed message is
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
