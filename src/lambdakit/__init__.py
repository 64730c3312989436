"""Decorators for AWS Lambda handlers: parsing, logs, batches, and more.

Names are loaded when they are first used, so `import lambdakit` costs next to nothing, and a feature that is not used
costs nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._core import Handler, Next
    from ._invocation import Context, Invocation, current
    from ._middleware import Adapter, EventMiddleware, Middleware, ResultMiddleware, middleware, stack
    from ._step import blocking
    from .errors import (
        BatchError,
        ConfigurationError,
        EncodeError,
        EventError,
        HandlerCancelledError,
        HandlerError,
        LambdakitError,
        MissingExtraError,
        NoInvocationError,
        OptionError,
        ParseError,
        RunningLoopError,
        SuspendedError,
    )

_HOMES = {
    "_core": ("Handler", "Next"),
    "_invocation": ("Context", "Invocation", "current"),
    "_middleware": ("Adapter", "EventMiddleware", "Middleware", "ResultMiddleware", "middleware", "stack"),
    "_step": ("blocking",),
    "errors": (
        "BatchError",
        "ConfigurationError",
        "EncodeError",
        "EventError",
        "HandlerCancelledError",
        "HandlerError",
        "LambdakitError",
        "MissingExtraError",
        "NoInvocationError",
        "OptionError",
        "ParseError",
        "RunningLoopError",
        "SuspendedError",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Adapter",
    "BatchError",
    "ConfigurationError",
    "Context",
    "EncodeError",
    "EventError",
    "EventMiddleware",
    "Handler",
    "HandlerCancelledError",
    "HandlerError",
    "Invocation",
    "LambdakitError",
    "Middleware",
    "MissingExtraError",
    "Next",
    "NoInvocationError",
    "OptionError",
    "ParseError",
    "ResultMiddleware",
    "RunningLoopError",
    "SuspendedError",
    "blocking",
    "current",
    "middleware",
    "stack",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415 - loaded already, in every Lambda runtime

    value: object = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
