"""A whole SQS event as a model of pydantic's."""

from __future__ import annotations

from ._models import Event


def handler(event: object, context: object) -> str:
    return str(sum(message.body.total for message in Event.model_validate(event).Records))
