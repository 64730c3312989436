"""`warmup`: events that only keep a sandbox alive, answered early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from lambdakit import _callables
from lambdakit._configurable import ConfigurableMiddleware, called_at
from lambdakit._core import Bound
from lambdakit._middleware import Middleware
from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit._core import Next

E = TypeVar("E")
R = TypeVar("R")


def is_warm_up(event: object) -> bool:
    """Whether an event is one of the usual warm-up events.

    `{"warmup": true}`, `{"warmer": true}` (lambda-warmer) or `{"source": "serverless-plugin-warmup"}`.
    """
    return isinstance(event, dict) and (
        event.get("warmup") is True or event.get("warmer") is True or event.get("source") == "serverless-plugin-warmup"
    )


@ConfigurableMiddleware
def warmup(
    *, when: Callable[[Any], bool] = is_warm_up, run: Callable[[], object] | None = None, answer: object = None
) -> Middleware:
    """Answer warm-up events without running the handler.

    It belongs on top. Where provisioned concurrency is too dear, a schedule may send such an event, so that a sandbox
    is there when somebody comes.

    Args:
        when: Tells a warm-up event from others. Default: `{"warmup": true}`, `{"warmer": true}`, and what
            serverless-plugin-warmup sends.
        run: What to do then: `run=prewarm` opens connections.
        answer: What is answered.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
    """
    for option, function, arguments in (("when", when, "event"), ("run", run, "")):
        if function is None:
            continue
        problem = _callables.misfit(function, arguments=arguments)
        if problem is None and _callables.is_async(function):
            problem = "is async, and must be plain"
        if problem:
            msg = (
                f"{called_at('warmup')}: {option} is called with ({arguments}); {_callables.where(function)} {problem}"
            )
            raise OptionError(msg)

    async def layer(event: Any, call_next: Next[Any, Any]) -> Any:
        if not when(event):
            return await call_next(event)
        if run is not None:
            run()
        return answer

    bound = Bound(layer, "warmup")
    return Middleware(lambda _: bound)
