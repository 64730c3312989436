"""Log, batch and models together, with structlog and pydantic alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._logs import begin, log
from ._models import Message

if TYPE_CHECKING:
    from lambdakit import Context


def handler(event: dict[str, Any], context: Context) -> object:
    begin(context)
    failures = []
    for message in event["Records"]:
        try:
            order = Message.model_validate(message).body
            log.info("charging", order=order.id, total=float(order.total), currency="EUR")
        except Exception:  # noqa: BLE001 - that is what a failed message is
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
