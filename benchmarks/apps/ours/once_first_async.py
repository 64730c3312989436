"""As `once_first`, and async."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from .once_async import handler as once

if TYPE_CHECKING:
    from lambdakit import Context

numbers = count()


def handler(event: dict[str, object], context: Context) -> dict[str, object]:
    event["id"] = f"order-{next(numbers)}"
    return once(event, context)
