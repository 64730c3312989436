"""Spans as datagrams for the X-Ray daemon: one each, and loss is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from lambdakit.tracers import _otel_udp
from lambdakit.tracers._otel_udp import UDPExporter, add_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tracers.receivers import Daemon


@pytest.fixture
def provider(daemon: Daemon) -> Iterator[TracerProvider]:
    made = TracerProvider(shutdown_on_exit=False)
    add_to(made, daemon.address)
    yield made
    made.shutdown()


def test_each_span_is_sent_when_it_ends(provider: TracerProvider, daemon: Daemon) -> None:
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("outer"):
        with tracer.start_as_current_span("inner"):
            pass
        (inner,) = daemon.spans(1)
        assert daemon.rest() == []
    (outer,) = daemon.spans(1)
    assert (inner.name, inner.parent_id) == ("inner", outer.span_id)
    assert provider.force_flush()


def test_a_span_that_fits_into_no_datagram_is_lost_and_told_once(
    provider: TracerProvider, daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    tracer = provider.get_tracer("test")
    for text in ("x" * 70_000, "x" * 70_000, "fits"):
        tracer.start_span("charge", attributes={"text": text}).end()
    (arrived,) = daemon.spans(1)
    assert arrived.attributes == {"text": "fits"}
    assert daemon.rest() == []
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("the span 'charge' was lost on the way to the X-Ray daemon: it takes 9")


def test_what_the_system_refuses_is_lost_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    exporter = UDPExporter("256.256.256.256:2000")
    spans: list[Any] = []
    provider = TracerProvider(shutdown_on_exit=False)
    tracer = provider.get_tracer("test")
    for _ in range(2):
        span: Any = tracer.start_span("charge")
        span.end()
        spans.append(span)
    assert [exporter.export([span]) for span in spans] == [SpanExportResult.FAILURE] * 2
    exporter.shutdown()
    assert len(caplog.records) == 1


@pytest.mark.parametrize("address", ["127.0.0.1:2000", "udp:127.0.0.1:2000", "tcp:127.0.0.2:1 udp:127.0.0.1:2000"])
def test_an_address_is_read_as_the_x_ray_sdk_reads_it(address: str) -> None:
    assert _otel_udp._udp(address) == ("127.0.0.1", 2000)
