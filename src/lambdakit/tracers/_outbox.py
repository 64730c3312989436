"""Spans that wait to be sent by OTLP, and the sending of them.

OpenTelemetry's own `BatchSpanProcessor` has a thread for the life of the process, whose timer knows nothing of a
sandbox that is frozen, and its `force_flush` takes as long as the exporter does. Here nothing happens between
invocations, and a flush takes no longer than it may.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SpanExportResult

from ._background import Background

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

_EXPORTER_LOGGER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class Outbox(SpanProcessor):
    """Keeps spans until they are asked for, or until there are enough of them to be worth a request.

    Args:
        make_exporter: Makes the exporter; called when there is a span to be sent, since loading it takes long.
        most: How many spans are kept at the most; those that come when it is full are lost.
        at_once: How many are sent in one request.
    """

    def __init__(self, make_exporter: Callable[[], SpanExporter], *, most: int, at_once: int) -> None:
        self._make_exporter = make_exporter
        self._most = most
        self._at_once = at_once
        self._exporter: SpanExporter | None = None
        self._spans: deque[ReadableSpan] = deque()
        self._background = Background(self._send, lambda: bool(self._spans))
        self._counting = threading.Lock()
        self._lost = 0
        self._why = ""
        self.sent = 0
        """How many spans the receiver has taken, in all."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits, and nobody is sending."""
        return not self._spans and self._background.start() is None

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span, if it is sampled."""
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return
        if len(self._spans) >= self._most:
            self._lose(1, f"more than {self._most} spans were waiting to be sent")
            return
        self._spans.append(span)
        if len(self._spans) >= self._at_once:
            self._background.start()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send all, and wait that long; give whether all were dealt with in time."""
        return self._background.finish(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Send all, and wait as long as the exporter takes."""
        self.force_flush()
        if self._exporter is not None:
            self._exporter.shutdown()

    def take_losses(self) -> tuple[int, str]:
        """How many spans were lost since this was last asked, and why."""
        with self._counting:
            lost, self._lost = self._lost, 0
            return lost, self._why

    def forget(self) -> None:
        """After a fork or a restore: what waited is sent by the parent, and connections are not ours."""
        self._background.forget()
        self._counting = threading.Lock()
        self._spans.clear()
        self._exporter = None

    def _lose(self, number: int, why: str) -> None:
        with self._counting:
            self._lost += number
            self._why = why

    def _send(self) -> None:
        otel_context.attach(otel_context.set_value(otel_context._SUPPRESS_INSTRUMENTATION_KEY, True))
        said = _Said(threading.get_ident())
        logger = logging.getLogger(_EXPORTER_LOGGER)
        logger.addFilter(said)
        try:
            while self._spans:
                some = [self._spans.popleft() for _ in range(min(len(self._spans), self._at_once))]
                self._export(some, said)
        finally:
            logger.removeFilter(said)

    def _export(self, spans: list[ReadableSpan], said: _Said) -> None:
        try:
            if self._exporter is None:
                self._exporter = self._make_exporter()
            if self._exporter.export(spans) is SpanExportResult.SUCCESS:
                self.sent += len(spans)
            else:
                self._lose(len(spans), said.last or "the exporter does not say why")
        except Exception as error:  # noqa: BLE001 - whatever it is, the handler is not to feel it
            self._lose(len(spans), f"{type(error).__name__}: {error}")


class _Said(logging.Filter):
    """Keeps to itself what the exporter logs in a thread: the loss is told once, and not with each invocation."""

    def __init__(self, thread: int) -> None:
        super().__init__()
        self._thread = thread
        self.last = ""

    def filter(self, record: logging.LogRecord) -> Any:
        if record.thread != self._thread:
            return True
        self.last = record.getMessage()
        return False
