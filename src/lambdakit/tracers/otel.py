"""`OTelTracer`: spans of OpenTelemetry."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from lambdakit import _env, _snapshots
from lambdakit._extras import extra
from lambdakit.errors import OptionError

with extra("otel", needed_by="OTelTracer"):
    from opentelemetry import trace
    from opentelemetry.trace import SpanKind

from lambdakit.tracing._span import NOTHING
from lambdakit.tracing._work import SCHEMA

from ._background import Background
from ._otel_parents import Parents, links_of
from ._otel_provider import Made, check_variables, make_provider
from ._otel_span import OTelSpan, attributes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdakit.tracing import Span, Work

    from ._otel_parents import Extract

_KINDS: dict[str, SpanKind] = {"server": SpanKind.SERVER, "consumer": SpanKind.CONSUMER}

_BUDGET = 1.0
"""Seconds that an invocation may take longer to send its spans, unless it is said."""

_MARGIN = 0.25
"""Seconds that are always left for the answer."""

_IN_TROUBLE = 0.1
"""Seconds that an invocation waits at the most, once sending has failed, until it works again."""

log = logging.getLogger("lambdakit.tracing")


class OTelTracer:
    """Spans of OpenTelemetry, for `traced(tracer=...)`; `LAMBDAKIT_TRACER=otel` makes one with no arguments.

    Without a provider it uses the global one, if one is set when the first span is made: that of a layer, or your
    own. Else it makes one from OpenTelemetry's variables: spans go by OTLP over HTTP to
    `OTEL_EXPORTER_OTLP_ENDPOINT`; without an endpoint, on Lambda, by UDP to the X-Ray daemon; with
    `OTEL_TRACES_EXPORTER=console`, to standard output. In a Lambda runtime that provider becomes the global one, so
    that other instrumentation uses it: botocore's, for example.

    An invocation's span has the first parent of these: what `extract` finds, what the caller sent along
    (`context.w3c()`), the headers of an HTTP request, Lambda's own trace header, if X-Ray records that trace. Where
    spans go to the X-Ray daemon, or `OTEL_PROPAGATORS` names `xray` or `xray-lambda`, a trace that X-Ray does not
    record is not recorded here, either. Where OpenTelemetry's own instrumentation of Lambda has made a span for the
    invocation, that one is used, and not doubled.

    Names follow OpenTelemetry's semantic conventions, version 1.44: "AWS Lambda", "FaaS", "Messaging", "HTTP".

    Args:
        provider: Your own tracer provider. It is flushed after each invocation.
        extract: Given the event, gives the headers that tell the parent (`traceparent`, ...), or an OpenTelemetry
            context; None if there are none. An error of its is logged, once.
        flush_within: Seconds that an invocation may take longer to send its spans; at most what is left of its time,
            less a quarter of a second; and a tenth of a second, once sending has failed, until it works again. It is
            also how long a request may take, unless `OTEL_EXPORTER_OTLP_TIMEOUT` says it. Default:
            `OTEL_BSP_EXPORT_TIMEOUT`, which is in milliseconds, else 1 second.

    Raises:
        MissingExtraError: opentelemetry-sdk is not installed.
        OptionError: An option has a value that it cannot have.
        ConfigurationError: The variables ask for an exporter or a protocol that is not known here.

    Limitations:
        No failure of a receiver reaches the handler: spans are lost then, which is logged once, until sending works
        again. An exporter of a provider of your own logs for itself.
    """

    def __init__(
        self,
        provider: trace.TracerProvider | None = None,
        *,
        extract: Extract | None = None,
        flush_within: float | None = None,
    ) -> None:
        if provider is not None and not hasattr(provider, "get_tracer"):
            msg = f"OTelTracer takes a tracer provider of OpenTelemetry, not {provider!r}"
            raise OptionError(msg)
        if extract is not None and not callable(extract):
            msg = f"OTelTracer: extract is a function of the event, not {extract!r}"
            raise OptionError(msg)
        if flush_within is None:
            flush_within = _env.otel_export_seconds() or _BUDGET
        if type(flush_within) not in (int, float) or not flush_within >= 0:
            msg = f"OTelTracer: flush_within is seconds, 0 or more, not {flush_within!r}"
            raise OptionError(msg)
        if provider is None:
            check_variables()
        self._budget = flush_within
        self._parents = Parents(extract)
        self._honours_xray = bool({"xray", "xray-lambda"}.intersection(_env.otel_propagators()))
        self._making = threading.Lock()
        self._made: Made | None = None
        self._tracer: trace.Tracer | None = None
        self._provider = provider
        self._is_due = False
        self._background = Background(self._flush_provider, lambda: self._is_due)
        self._told = False
        self._sent = 0
        _after_fork(self)
        _snapshots.after_restore(self._forget)

    def begin(self, work: Work, /) -> OTelSpan:
        """Start the span of an invocation or of a record; or take the one that instrumentation has made for it."""
        tracer = self._tracer or self._set_up()
        outer = trace.get_current_span()
        parent = None
        if not outer.get_span_context().is_valid:
            parent = self._parents.parent_of(work, xray_decides=self._xray_decides)
        elif work.invocation is not None and _stands_for_invocation(outer):
            outer.set_attributes(work.attributes)
            return OTelSpan(outer, ends=False)
        self._is_due = True
        return OTelSpan(
            tracer.start_span(
                work.name,
                parent,
                _KINDS[work.kind],
                work.attributes,
                links_of(work) if work.links else (),
            )
        )

    def start(self, name: str, attributes: Mapping[str, object], /) -> OTelSpan:
        """Start a child of OpenTelemetry's current span."""
        tracer = self._tracer or self._set_up()
        return OTelSpan(tracer.start_span(name, attributes=attributes_of(attributes)))

    def current(self) -> Span:
        """OpenTelemetry's current span."""
        span = trace.get_current_span()
        return OTelSpan(span) if span.get_span_context().is_valid else NOTHING

    def log_fields(self) -> Mapping[str, object]:
        """The ids of OpenTelemetry's current span, in hexadecimal digits, as W3C writes them."""
        context = trace.get_current_span().get_span_context()
        if not context.is_valid:
            return {}
        return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}

    @property
    def flushes(self) -> bool:
        """Whether there may be anything to be sent that takes time."""
        if self._made is None:
            return self._is_due
        return self._made.outbox is not None and not self._made.outbox.is_empty

    def flush(self, remaining: float, /) -> None:
        """Send what has ended, and wait for it, at most as long as there is time. Never raises."""
        seconds = max(0.0, min(self._budget, remaining - _MARGIN))
        if self._told:
            seconds = min(seconds, _IN_TROUBLE)
        outbox = None if self._made is None else self._made.outbox
        sent_before, self._sent = self._sent, 0 if outbox is None else outbox.sent
        in_time = self._background.finish(seconds) if outbox is None else outbox.force_flush(int(seconds * 1000))
        lost, why = (0, "") if outbox is None else outbox.take_losses()
        works = in_time or (outbox is not None and outbox.sent > sent_before)
        if works and not lost:
            self._told = False
        elif not self._told:
            self._told = True
            until = "this is not logged again until sending works"
            if lost:
                log.error("%d span(s) were lost: %s; %s", lost, why, until)
            else:
                log.warning("spans were not sent within %.2f s; they are sent later, if at all; %s", seconds, until)

    @property
    def _xray_decides(self) -> bool:
        return self._honours_xray or (self._made is not None and self._made.to_xray)

    def _set_up(self) -> trace.Tracer:
        """Settle which provider it is: when the first span is made, so that whoever sets one at import goes first."""
        with self._making:
            if self._tracer is None:
                provider = self._provider or _global_provider()
                if provider is None:
                    self._made = make_provider(flush_within=self._budget)
                    provider = self._made.provider
                    if _env.in_lambda():
                        trace.set_tracer_provider(provider)
                self._provider = provider
                self._tracer = provider.get_tracer("lambdakit", schema_url=SCHEMA)
            return self._tracer

    def _flush_provider(self) -> None:
        self._is_due = False
        flush = getattr(self._provider, "force_flush", None)
        try:
            if flush is not None:
                flush()
        except Exception as error:
            log.debug("the tracer provider could not be flushed", exc_info=error)

    def _forget(self) -> None:
        """After a fork or a restore of a snapshot."""
        self._making = threading.Lock()
        self._is_due = self._told = False
        self._background.forget()
        if self._made is not None and self._made.outbox is not None:
            self._made.outbox.forget()


def _stands_for_invocation(span: trace.Span) -> bool:
    """Whether it was made by OpenTelemetry's instrumentation of Lambda, which wraps the handler from outside."""
    scope: Any = getattr(span, "instrumentation_scope", None)
    return scope is not None and ".aws_lambda" in str(scope.name)


def _global_provider() -> trace.TracerProvider | None:
    provider = trace.get_tracer_provider()
    return None if isinstance(provider, trace.ProxyTracerProvider) else provider


def _after_fork(tracer: OTelTracer) -> None:
    weak = weakref.WeakMethod(tracer._forget)

    def forget() -> None:
        if (method := weak()) is not None:
            method()

    os.register_at_fork(after_in_child=forget)
