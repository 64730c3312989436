"""Five decorators that do nothing, around a plain function."""

from __future__ import annotations

from collections.abc import Callable

Function = Callable[[object, object], object]


def passing(function: Function) -> Function:
    def call(event: object, context: object) -> object:
        return function(event, context)

    return call


@passing
@passing
@passing
@passing
@passing
def handler(event: object, context: object) -> object:
    return event
