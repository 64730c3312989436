"""A batch, one layer that does nothing beneath it, and a function that does nothing for each message."""

from __future__ import annotations

from typing import Any, TypeVar

from lambdakit import Context, Next, middleware, sqs_batch

E = TypeVar("E")
R = TypeVar("R")


@middleware
async def passing(event: E, call_next: Next[E, R]) -> R:
    return await call_next(event)


@sqs_batch
@passing
def handler(message: dict[str, Any], context: Context) -> None:
    pass
