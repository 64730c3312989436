"""What importing structlog costs."""

from __future__ import annotations

import structlog  # noqa: F401


def handler(event: object, context: object) -> object:
    return event
