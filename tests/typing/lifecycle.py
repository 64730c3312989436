"""`deadline` and `warmup` keep the types of a handler; hooks keep those of their functions."""

from collections.abc import Callable
from typing import Any, assert_type

from lambdakit import Context, Handler, after_restore, before_snapshot, deadline, on_shutdown, prewarm, stack, warmup


@deadline
def plain(event: int, context: Context) -> str:
    return str(event)


def unavailable(event: Any) -> dict[str, int]:
    return {"statusCode": 503}


@deadline(margin=2, answer=unavailable)
async def awaited(event: int, context: Context) -> str:
    return str(event)


@warmup(run=prewarm, answer={"warm": True})
@deadline(margin=0.5)
def both(event: int, context: Context) -> str:
    return str(event)


assert_type(plain, Handler[int, str])
assert_type(awaited, Handler[int, str])
assert_type(both, Handler[int, str])
assert_type(stack(warmup(), deadline())(plain), Handler[int, str])

deadline(margin="1")  # error: mypy[call-overload] pyright[reportArgumentType]
deadline(margins=1)  # error: mypy[call-overload] pyright[reportCallIssue]
warmup(run=unavailable)  # error: mypy[arg-type] pyright[reportArgumentType]


@before_snapshot
def load() -> int:
    return 1


assert_type(load, Callable[[], int])
after_restore(load)
on_shutdown(load)
on_shutdown(unavailable)  # error: mypy[type-var] pyright[reportArgumentType]
