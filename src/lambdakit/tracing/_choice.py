"""Which backend a handler has: told by an argument, by a variable, or by what the environment shows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from lambdakit import _env
from lambdakit._configurable import called_at
from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._protocol import Tracer

_OFF = ("none", "off")

_METHODS = ("begin", "start", "current", "log_fields", "flushes", "flush")

_made: dict[str, Tracer] = {}
"""A tracer that is named by a variable is made once."""

instead: Callable[[Tracer | None], Tracer | None] | None = None
"""For tests: gives the tracer that a handler has, for as long as this is set."""


def choose(tracer: object) -> Tracer | None:
    """The backend, when a decorator is applied; None: nothing is to be traced, and nothing is loaded.

    Raises:
        OptionError: The argument is no tracer, or the variable names none.
        MissingExtraError: The library of the backend is not installed.
    """
    if tracer is not None:
        missing = [name for name in _METHODS if isinstance(tracer, type) or not hasattr(tracer, name)]
        if missing:
            msg = (
                f"{called_at('traced')}: tracer= takes an OTelTracer() or an XRayTracer() of lambdakit.tracers, or "
                f"another object with the methods of lambdakit.tracing.Tracer; {tracer!r} has no {missing[0]!r}"
            )
            raise OptionError(msg)
        chosen: Any = tracer
        return chosen  # type: ignore[no-any-return]
    asked = _env.tracer()
    if asked is None:
        return _named("otel") if _shows_otel() else None
    name = asked.strip().lower()
    if name in _OFF:
        return None
    if name not in ("otel", "xray"):
        msg = f"{called_at('traced')}: LAMBDAKIT_TRACER is 'otel', 'xray' or 'none', not {asked!r}"
        raise OptionError(msg)
    return None if name == "otel" and _env.otel_is_disabled() else _named(name)


def _shows_otel() -> bool:
    """Whether somebody has set up OpenTelemetry: a layer or the user, by a provider; or, on Lambda, by its variables.

    X-Ray shows by nothing: its daemon's address is set in every function.
    """
    if _env.otel_is_disabled():
        return False
    if (trace := sys.modules.get("opentelemetry.trace")) is not None and _has_provider(trace):
        return True
    return _env.in_lambda() and _env.otel_is_set_up()


def _has_provider(trace: Any) -> bool:
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _named(name: str) -> Tracer:
    if name not in _made:
        from importlib import import_module  # noqa: PLC0415 - only for those who trace

        tracers = import_module("lambdakit.tracers")  # by its name: a feature does not know the backends
        _made[name] = tracers.OTelTracer() if name == "otel" else tracers.XRayTracer()
    return _made[name]
