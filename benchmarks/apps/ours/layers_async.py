"""Five layers that do nothing, around an async function."""

from __future__ import annotations

from typing import TypeVar

from lambdakit import Context, Next, middleware

E = TypeVar("E")
R = TypeVar("R")


@middleware
async def passing(event: E, call_next: Next[E, R]) -> R:
    return await call_next(event)


@passing
@passing
@passing
@passing
@passing
async def handler(event: object, context: Context) -> object:
    return event
