"""What an event was before a model was made of it, for those who need AWS's own form of it."""

from __future__ import annotations

from contextvars import ContextVar

origin: ContextVar[tuple[object, object] | None] = ContextVar("lambdakit_origin", default=None)
"""The last model that was made of an event in this context, and that event."""


def as_sent(event: object) -> object:
    """The event as it came, if `event` is the model that was made of it; else `event` itself."""
    found = origin.get()
    return found[1] if found is not None and found[0] is event else event
