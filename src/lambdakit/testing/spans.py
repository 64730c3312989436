"""Spans as a test sees them: what `traced` and `span` would have sent, from either backend."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, overload

from lambdakit import _env
from lambdakit.errors import MissingExtraError
from lambdakit.tracing import _choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from opentelemetry.sdk.trace import ReadableSpan

    from lambdakit.tracing import Tracer

_HEADER = "Root=1-67891233-abcdef012345678912345678;Parent=0123456789abcdef;Sampled=1"


@dataclass(frozen=True, kw_only=True)
class CapturedSpan:
    """One span.

    Attributes:
        name: What was done.
        kind: `server`, `consumer`, or `internal`; X-Ray knows the last one only.
        attributes: Its attributes, by the backend's names: with X-Ray, dots have become underscores.
        events: The names of its events, and their attributes.
        error: The class of the error that made it fail, or the words that did; None if it did not fail.
        trace_id: The trace, as the backend writes it.
        span_id: The span.
        parent_id: Its parent; None if it has none.
        links: The traces that messages were sent in. X-Ray links traces itself, so there it is empty.
    """

    name: str
    kind: str
    attributes: Mapping[str, object]
    events: Sequence[tuple[str, Mapping[str, object]]]
    error: str | None
    trace_id: str
    span_id: str
    parent_id: str | None
    links: Sequence[str] = ()
    started: float = field(repr=False)


class CapturedSpans(Sequence[CapturedSpan]):
    """The spans of a test that have ended, in the order they were started in.

    `spans["charge"]` is the only one of that name, `spans.named("charge")` are all of them, `spans.under(span)` are the
    children of one.

    While it is in force, a handler that was decorated with an `OTelTracer` or an `XRayTracer` sends nothing: its spans
    come here. One that has no tracer gets one: what `LAMBDAKIT_TRACER` names, else the one that is installed,
    OpenTelemetry first.

    Raises:
        MissingExtraError: When a handler is called: neither opentelemetry-sdk nor aws-xray-sdk is installed.
    """

    def __init__(self) -> None:
        self._spans: list[CapturedSpan] = []
        self._tracers: dict[object, Tracer] = {}
        self._undo: list[Callable[[], None]] = []

    @overload
    def __getitem__(self, which: int | str) -> CapturedSpan: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[CapturedSpan]: ...
    def __getitem__(self, which: int | str | slice) -> CapturedSpan | Sequence[CapturedSpan]:
        if not isinstance(which, str):
            return self._in_order()[which]
        found = self.named(which)
        if len(found) != 1:
            names = ", ".join(span.name for span in self) or "none"
            msg = f"expected one span named {which!r}, and there are {len(found)}; those captured are: {names}"
            raise KeyError(msg)
        return found[0]

    def __len__(self) -> int:
        return len(self._spans)

    def named(self, name: str) -> Sequence[CapturedSpan]:
        """All spans of a name."""
        return [span for span in self._in_order() if span.name == name]

    def under(self, parent: CapturedSpan) -> Sequence[CapturedSpan]:
        """The children of a span."""
        return [
            span for span in self._in_order() if (span.trace_id, span.parent_id) == (parent.trace_id, parent.span_id)
        ]

    def clear(self) -> None:
        """Forget those so far."""
        self._spans.clear()

    def __enter__(self) -> Self:
        before, _choice.instead = _choice.instead, self._tracer_instead_of
        self._undo.append(lambda: setattr(_choice, "instead", before))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while self._undo:
            self._undo.pop()()

    def __repr__(self) -> str:
        return f"<CapturedSpans {[span.name for span in self]}>"

    def _in_order(self) -> list[CapturedSpan]:
        return sorted(self._spans, key=lambda span: span.started)

    def _tracer_instead_of(self, chosen: Tracer | None) -> Tracer:
        if chosen not in self._tracers:
            backend = type(chosen).__name__ if chosen is not None else _default_backend()
            if backend == "OTelTracer":
                self._tracers[chosen] = self._otel(chosen)
            elif backend == "XRayTracer":
                self._tracers[chosen] = self._xray()
            elif chosen is not None:  # the test's own
                return chosen
        return self._tracers[chosen]

    def _otel(self, chosen: Any) -> Tracer:
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - only if it is this one
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult  # noqa: PLC0415

        from lambdakit.tracers import OTelTracer  # noqa: PLC0415

        captured = self._spans

        class Capture(SpanExporter):
            def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
                captured.extend(map(_from_otel, spans))
                return SpanExportResult.SUCCESS

        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(Capture()))
        return OTelTracer(provider, extract=None if chosen is None else chosen._parents._extract)

    def _xray(self) -> Tracer:
        from lambdakit.tracers import XRayTracer  # noqa: PLC0415 - only if it is this one

        tracer = XRayTracer()
        recorder: Any = tracer._recorder

        emitter, header = recorder.emitter, _env.trace_header()

        def undo() -> None:
            recorder.emitter = emitter

        self._undo.append(undo)
        if header is None:
            os.environ["_X_AMZN_TRACE_ID"] = _HEADER
            self._undo.append(lambda: os.environ.__delitem__("_X_AMZN_TRACE_ID"))
        recorder.emitter = _Capture(self._spans)
        return tracer


class _Capture:
    """An emitter for X-Ray's recorder."""

    def __init__(self, spans: list[CapturedSpan]) -> None:
        self._spans = spans
        self._errors: dict[str, str] = {}
        """By the ids that X-Ray gives them: what a child has told, its parent does not tell again."""

    def send_entity(self, entity: Any) -> None:
        """Keep a subsegment, as it would have been sent."""
        from lambdakit.tracers._xray_emitter import document  # noqa: PLC0415 - X-Ray's SDK is there

        told = json.loads(document(entity))
        cause = told.get("cause")
        if isinstance(cause, dict):
            for error in cause["exceptions"]:
                self._errors[error["id"]] = error["message"] if error["type"] == "Failure" else error["type"]
            cause = cause["exceptions"][0]["id"]
        error = self._errors.get(cause, "") if told.get("fault") else None
        self._spans.append(_from_xray(told, error))


def _default_backend() -> str:
    if (asked := _env.tracer()) is not None and asked.strip().lower() in ("otel", "xray"):
        return "OTelTracer" if asked.strip().lower() == "otel" else "XRayTracer"
    for module, backend in (("opentelemetry.sdk", "OTelTracer"), ("aws_xray_sdk", "XRayTracer")):
        if find_spec(module.partition(".")[0]) and find_spec(module):
            return backend
    msg = "captured_spans needs a tracer: pip install 'lambdakit[otel]', or 'lambdakit[xray]'"
    raise MissingExtraError(msg)


def _from_otel(span: ReadableSpan) -> CapturedSpan:
    context = span.get_span_context()
    attributes = dict(span.attributes or {})
    kind = attributes.pop("error.type", None)
    error = None
    if span.status.status_code.name == "ERROR":
        error = str(kind).rpartition(".")[2] if kind else span.status.description or ""
    return CapturedSpan(
        name=span.name,
        kind=span.kind.name.lower(),
        attributes=attributes,
        events=[(event.name, dict(event.attributes or {})) for event in span.events if event.name != "exception"],
        error=error,
        trace_id="" if context is None else f"{context.trace_id:032x}",
        span_id="" if context is None else f"{context.span_id:016x}",
        parent_id=None if span.parent is None else f"{span.parent.span_id:016x}",
        links=[f"{link.context.trace_id:032x}" for link in span.links],
        started=(span.start_time or 0) / 1e9,
    )


def _from_xray(document: dict[str, Any], error: str | None) -> CapturedSpan:
    metadata = dict(document.get("metadata", {}).get("default", {}))
    events = [(event["name"], event["attributes"]) for event in metadata.pop("events", [])]
    return CapturedSpan(
        name=document["name"],
        kind="internal",
        attributes=document.get("annotations", {}) | metadata,
        events=events,
        error=error,
        trace_id=document["trace_id"],
        span_id=document["id"],
        parent_id=document.get("parent_id"),
        started=document["start_time"],
    )
