"""The layer that `traced` is, where there is a tracer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit._interrupts import undisturbed
from lambdakit._invocation import invocation
from lambdakit._step import blocking
from lambdakit._trace_context import trace_here

from . import _choice
from ._span import span
from ._trace import TraceHere
from ._work import work_of, work_of_record

if TYPE_CHECKING:
    from lambdakit._core import Layer, Next

    from ._protocol import SpanUnderWay, Tracer


def layer_of(chosen: Tracer | None, name: str) -> Layer[Any, Any, Any, Any]:
    """Make the layer.

    Args:
        chosen: The tracer; None, if only a test can have one.
        name: What to call a span, unless the event says it.
    """
    traces: dict[Tracer, TraceHere] = {}

    async def layer(event: Any, call_next: Next[Any, Any]) -> Any:
        tracer = chosen if _choice.instead is None else _choice.instead(chosen)
        if tracer is None:
            return await call_next(event)
        if trace_here.get() is not None:
            with span(name):
                return await call_next(event)
        if (trace := traces.get(tracer)) is None:
            trace = traces[tracer] = TraceHere(tracer)
        whole, record, _ = invocation.get()
        work = work_of(event, whole, name) if record is None else work_of_record(event)
        started = tracer.begin(work)
        before = started.enter()
        trace_here.set(trace)
        error: BaseException | None = None
        try:
            result = await call_next(event)
            if work.attributes.get("faas.trigger") == "http":
                _tell_status(started, result)
        except BaseException as escaped:
            error = escaped
            raise
        else:
            return result
        finally:
            started.end(None if isinstance(error, GeneratorExit) else error)
            started.leave(before)
            trace_here.set(None)
            if tracer.flushes and not isinstance(error, GeneratorExit):  # in that case, no await is allowed
                with undisturbed():  # the handler is through: a deadline that comes now is too late to matter
                    await blocking(tracer.flush, whole.remaining)

    return layer


def _tell_status(started: SpanUnderWay, result: object) -> None:
    status = result.get("statusCode") if isinstance(result, dict) else None
    if isinstance(status, int | str) and str(status).isdecimal():
        started.set(**{"http.response.status_code": int(status)})
        if int(status) >= 500:
            started.fail(f"answered with status {status}")
