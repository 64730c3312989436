"""What the answer of a function says to Lambda's poller.

See "Implementing partial batch responses" on the page "Handling errors for an SQS event source in Lambda", "Configuring
partial batch response with Kinesis Data Streams and Lambda", and "Configuring error handling controls for Kafka event
sources", in the AWS Lambda Developer Guide.
"""

from __future__ import annotations

import json
from typing import Any


def reported(answer: Any) -> list[object] | None:
    """The item identifiers that an answer reports as failed.

    A null or empty answer is success, and so is a null or empty list, and one under a misspelt key: nobody sees it.

    Args:
        answer: What the function returned, decoded; bytes, if it returned bytes.

    Returns:
        The identifiers as they are; None stands for a missing one. An identifier that names no record of the batch,
        null and empty ones included, fails the batch as a whole. None if the answer cannot be read, which does so, too.
        AWS does not say what becomes of an answer that is JSON and no object; that is taken for one.
    """
    if isinstance(answer, bytes):
        try:
            answer = json.loads(answer)
        except ValueError:
            return None
    match answer:
        case None | {"batchItemFailures": None}:
            return []
        case {"batchItemFailures": list(items)}:
            return [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
        case dict() if "batchItemFailures" not in answer:
            return []
        case _:
            return None
