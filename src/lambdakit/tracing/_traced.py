"""`traced`: the span of an invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._configurable import ConfigurableMiddleware
from lambdakit._core import Bound
from lambdakit._middleware import Middleware

from . import _choice

if TYPE_CHECKING:
    from lambdakit._core import Handler, Next

    from ._protocol import Tracer


@ConfigurableMiddleware
def traced(*, tracer: Tracer | None = None) -> Middleware:
    """Make a span of each invocation, and let `span` make more beneath it.

    Above a batch decorator, each record has a span of its own, too: a child of the batch's, with a link to the trace
    that the message was sent in, if it tells one. Below a batch decorator, there are spans of records only. Inside
    another `traced`, it makes a span as `span` does, by the name of the function.

    Log lines tell the `trace_id` and `span_id` of the span they are written in.

    Where there is no tracer, nothing is done, and nothing is loaded. That is decided when the decorator is applied.

    Args:
        tracer: `OTelTracer(...)` or `XRayTracer(...)` of `lambdakit.tracers`. Default: what `LAMBDAKIT_TRACER` names,
            `otel`, `xray` or `none`; unless it is set, OpenTelemetry, if a tracer provider is set already, or, on
            Lambda, if `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_TRACES_EXPORTER` is;
            else none. X-Ray must be named, since nothing in a function's environment tells whether it is switched on.

    Raises:
        OptionError: `tracer` is no tracer, or `LAMBDAKIT_TRACER` names none that is known.
        MissingExtraError: The library of the tracer is not installed.
    """
    chosen = _choice.choose(tracer)

    def fit(handler: Handler[Any, Any]) -> Bound:
        name = _callables.name_of(handler.function)

        if chosen is not None:
            from ._layer import layer_of  # noqa: PLC0415 - where there is no tracer, a cold start does not pay for it

            return Bound(layer_of(chosen, name), "traced")

        async def off(event: Any, call_next: Next[Any, Any]) -> Any:
            if _choice.instead is None:
                return await call_next(event)
            from ._layer import layer_of  # noqa: PLC0415 - in tests only

            return await layer_of(None, name)(event, call_next)

        return Bound(off, "traced")

    return Middleware(fit)
