"""What the answer of a function says to Lambda's poller.

See "Implementing partial batch responses" on the page "Handling errors for an SQS event source in Lambda", "Configuring
partial batch response with Kinesis Data Streams and Lambda", and "Configuring error handling controls for Kafka event
sources", in the AWS Lambda Developer Guide.
"""

from __future__ import annotations

import json


def reported(answer: object) -> list[object] | None:
    """The item identifiers that an answer reports as failed.

    A null or empty answer is success, and so is a null or empty list, and one under a misspelt key: nobody sees it.

    Args:
        answer: What the function returned, decoded; bytes, if it returned bytes.

    Returns:
        None if the whole batch counts as failed: an identifier is null or missing, or the answer is none. An empty one
        is for the source to tell: it names no record, and so fails the batch, too. AWS does not say what becomes of an answer that is JSON and no object; that is taken as a failure, too.
    """
    if isinstance(answer, bytes):
        try:
            answer = json.loads(answer)
        except ValueError:
            return None
    if answer is None:
        return []
    if not isinstance(answer, dict):
        return None
    items = answer.get("batchItemFailures")
    if items is None:
        return []
    if not isinstance(items, list):
        return None
    identifiers: list[object] = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    return None if None in identifiers else identifiers
