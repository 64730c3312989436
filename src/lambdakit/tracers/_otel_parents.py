"""Which trace an invocation belongs to, and which traces its messages were sent in."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context

from lambdakit import _env
from lambdakit.tracing import _trace_header
from lambdakit.tracing._work import TRACE_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import SpanContext

    from lambdakit.tracing import Work

    Extract = Callable[[Any], Mapping[str, str] | Context | None]

log = logging.getLogger("lambdakit.tracing")


class Parents:
    """Finds the parents of invocations, and the links of messages.

    Args:
        extract: The user's own, which is asked first.
    """

    def __init__(self, extract: Extract | None) -> None:
        self._extract = extract
        self._told = False

    def parent_of(self, work: Work, *, xray_decides: bool) -> Context:
        """The context that the span of an invocation is started in; one with no span in it makes a new trace.

        The first of these that names a trace: the user's function, what the caller sent along with the invocation
        (`context.w3c()`), the headers of an HTTP request, Lambda's own trace header.

        Args:
            work: The invocation.
            xray_decides: Whether a trace that X-Ray does not record is not to be recorded here either. Where X-Ray is
                not in use, Lambda's header says `Sampled=0` each time, and heeding it would mean to trace nothing.
        """
        found = None if self._extract is None else self._extracted(work.event, self._extract)
        if found is None and callable(w3c := getattr(work.invocation and work.invocation._context, "w3c", None)):
            found = _valid(w3c())
        if found is None and work.headers:
            found = _valid(work.headers)
        if found is not None:
            return found
        header = _trace_header.read(_env.trace_header())
        if header is not None and (header.sampled or (xray_decides and header.sampled is False)):
            return _with_parent(header)
        return _EMPTY

    def _extracted(self, event: object, extract: Extract) -> Context | None:
        try:
            return _valid(extract(event))
        except Exception as error:
            if not self._told:
                self._told = True
                log.warning("extract= of OTelTracer failed, so this trace may lack its parent", exc_info=error)
            return None


def links_of(work: Work) -> list[trace.Link]:
    """The links of a batch, or of a message: by its W3C headers, else by X-Ray's."""
    links = []
    for carrier in work.links:
        context = _extracted_from(carrier)
        found = trace.INVALID_SPAN_CONTEXT if context is None else _span_context(context)
        if not found.is_valid and (header := _trace_header.read(carrier.get(TRACE_HEADER))) is not None:
            found = _span_context(_with_parent(header))
        if found.is_valid:
            links.append(trace.Link(found))
    return links


def _valid(carrier: object) -> Context | None:
    """The context that headers tell, or that is one already; None, if it names no span."""
    if isinstance(carrier, Context):
        context: Context | None = carrier
    else:
        context = _extracted_from(carrier) if isinstance(carrier, Mapping) else None
    return context if context is not None and _span_context(context).is_valid else None


def _extracted_from(carrier: Mapping[str, str]) -> Context | None:
    if not carrier:
        return None
    from opentelemetry.propagate import extract  # noqa: PLC0415 - it takes 7 ms to find the propagators

    return extract(carrier, context=Context())


def _span_context(context: Context) -> SpanContext:
    return trace.get_current_span(context).get_span_context()


def _with_parent(header: _trace_header.TraceHeader) -> Context:
    flags = _SAMPLED if header.sampled else _NOT_SAMPLED
    parent = trace.SpanContext(header.trace_id, header.parent_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), _EMPTY)


_EMPTY = Context()
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)
_NOT_SAMPLED = trace.TraceFlags(trace.TraceFlags.DEFAULT)
