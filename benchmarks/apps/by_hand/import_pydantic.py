"""What importing pydantic's BaseModel costs."""

from __future__ import annotations

from pydantic import BaseModel  # noqa: F401


def handler(event: object, context: object) -> object:
    return event
