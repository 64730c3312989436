"""Five decorators that do nothing, around an async function, on a loop that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Function = Callable[[object, object], Coroutine[Any, Any, object]]

loop = asyncio.new_event_loop()


def passing(function: Function) -> Function:
    async def call(event: object, context: object) -> object:
        return await function(event, context)

    return call


@passing
@passing
@passing
@passing
@passing
async def answer(event: object, context: object) -> object:
    return event


def handler(event: object, context: object) -> object:
    return loop.run_until_complete(answer(event, context))
