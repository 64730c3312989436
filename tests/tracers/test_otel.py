"""`OTelTracer`, in this process: its options, a provider that is given, and what a flush may cost."""

from __future__ import annotations

import threading
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from lambdakit import ConfigurationError, OptionError, span, traced
from lambdakit._interrupts import OutOfTime, put_away
from lambdakit.testing import FakeContext
from lambdakit.tracers import OTelTracer
from lambdakit.tracers import otel as otel_module

if TYPE_CHECKING:
    from tests.conftest import AsKind


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exported: InMemorySpanExporter) -> TracerProvider:
    made = TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(SimpleSpanProcessor(exported))
    return made


def names(exported: InMemorySpanExporter) -> list[str]:
    return [span.name for span in exported.get_finished_spans()]


def test_a_provider_of_ones_own_is_used_and_flushed(
    as_kind: AsKind, provider: TracerProvider, exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[list[str]] = []
    monkeypatch.setattr(provider, "force_flush", lambda *_: flushed.append(names(exported)))
    handler = traced(tracer=OTelTracer(provider))(as_kind(lambda event, context: None))
    handler({}, FakeContext(function_name="orders"))
    assert flushed == [["orders"]]


def test_the_version_of_the_conventions_is_named(provider: TracerProvider, exported: InMemorySpanExporter) -> None:
    handler: Any = traced(tracer=OTelTracer(provider))(lambda event, context: None)
    handler({}, FakeContext())
    (told,) = exported.get_finished_spans()
    assert told.instrumentation_scope is not None
    assert told.instrumentation_scope.schema_url == "https://opentelemetry.io/schemas/1.44.0"


def test_what_opentelemetry_starts_is_beneath_our_span_and_ours_beneath_it(
    as_kind: AsKind, provider: TracerProvider, exported: InMemorySpanExporter
) -> None:
    theirs = provider.get_tracer("theirs")

    @traced(tracer=OTelTracer(provider))
    @as_kind
    def handler(event: Any, context: Any) -> None:
        with theirs.start_as_current_span("theirs"), span("ours"):
            span.current().set(a=1)
            trace.get_current_span().set_attribute("b", 2)

    handler({}, FakeContext())
    ours, middle, root = exported.get_finished_spans()
    assert ours.parent == middle.context
    assert middle.parent == root.context
    assert dict(ours.attributes or {}) == {"a": 1, "b": 2}
    assert not trace.get_current_span().get_span_context().is_valid


def test_inside_a_span_that_is_not_for_the_invocation_ours_is_a_child(
    provider: TracerProvider, exported: InMemorySpanExporter
) -> None:
    handler: Any = traced(tracer=OTelTracer(provider))(lambda event, context: None)
    with provider.get_tracer("a test").start_as_current_span("around") as around:
        handler({}, FakeContext(function_name="orders"))
    child = exported.get_finished_spans()[0]
    assert (child.name, child.parent) == ("orders", around.get_span_context())


def test_a_flush_that_takes_too_long_is_not_waited_for(
    as_kind: AsKind, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(provider, "force_flush", lambda *_: go_on.wait(60))
    handler = traced(tracer=OTelTracer(provider, flush_within=0.01))(as_kind(lambda event, context: "done"))
    assert [handler({}, FakeContext()) for _ in range(3)] == ["done"] * 3
    go_on.set()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "spans were not sent within 0.01 s" in caplog.text


def test_a_flush_never_raises(
    as_kind: AsKind, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(provider, "force_flush", fails)
    handler = traced(tracer=OTelTracer(provider))(as_kind(lambda event, context: "done"))
    assert handler({}, FakeContext()) == "done"


def test_a_deadline_that_comes_during_the_flush_does_not_turn_success_into_failure(
    provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracer = OTelTracer(provider)
    deferred: list[bool] = []
    monkeypatch.setattr(tracer, "flush", lambda remaining: deferred.append(put_away(OutOfTime())))
    handler: Any = traced(tracer=tracer)(lambda event, context: "done")
    assert handler({}, FakeContext()) == "done"
    assert deferred == [True]


@pytest.mark.parametrize(("remaining", "expected"), [(inf, 1.0), (10.0, 1.0), (0.75, 0.5), (0.25, 0.0), (0.0, 0.0)])
def test_a_flush_takes_what_there_is_of_time_and_no_more(
    provider: TracerProvider, monkeypatch: pytest.MonkeyPatch, remaining: float, expected: float
) -> None:
    tracer = OTelTracer(provider)
    waited: list[float] = []

    def finish(seconds: float) -> bool:
        waited.append(seconds)
        return True

    monkeypatch.setattr(tracer._background, "finish", finish)
    tracer.flush(remaining)
    assert waited == [expected]


def test_of_a_trace_that_is_not_sampled_nothing_is_exported(exported: InMemorySpanExporter) -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exported))

    @traced(tracer=OTelTracer(provider))
    def handler(event: Any, context: Any) -> str:
        with span("charge") as charge:
            charge.set(a=1)
            charge.event("x")
            charge.fail("y")
        return "done"

    assert handler({}, FakeContext()) == "done"
    assert names(exported) == []


def test_which_provider_it_is_is_settled_when_the_first_span_is_made(
    provider: TracerProvider, exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler: Any = traced(tracer=OTelTracer())(lambda event, context: None)
    monkeypatch.setattr(otel_module, "_global_provider", lambda: provider)
    handler({}, FakeContext(function_name="orders"))
    assert names(exported) == ["orders"]


@pytest.mark.parametrize(
    "options",
    [
        {"flush_within": -1},
        {"flush_within": "1"},
        {"flush_within": True},
        {"flush_within": float("nan")},
        {"extract": 1},
    ],
    ids=str,
)
def test_a_value_that_an_option_cannot_have_is_refused(options: Any) -> None:
    with pytest.raises(OptionError, match=f"OTelTracer: {next(iter(options))}"):
        OTelTracer(**options)


def test_what_is_no_provider_is_refused() -> None:
    provider: Any = "http://127.0.0.1:4318"
    with pytest.raises(OptionError, match="OTelTracer takes a tracer provider of OpenTelemetry, not 'http"):
        OTelTracer(provider)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("OTEL_TRACES_EXPORTER", "otlp,zipkin", "'zipkin'; lambdakit knows otlp, console, none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "'grpc'; lambdakit sends 'http/protobuf', to port 4318"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "'http/json'; lambdakit sends 'http/protobuf'"),
    ],
)
def test_variables_that_ask_for_what_there_is_not_are_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=told):
        OTelTracer()
    OTelTracer(TracerProvider(shutdown_on_exit=False))


@pytest.mark.parametrize(("milliseconds", "seconds"), [("2500", 2.5), ("", 1.0), ("0", 1.0), ("soon", 1.0)])
def test_the_standard_variable_says_how_long_a_flush_may_take(
    provider: TracerProvider, monkeypatch: pytest.MonkeyPatch, milliseconds: str, seconds: float
) -> None:
    monkeypatch.setenv("OTEL_BSP_EXPORT_TIMEOUT", milliseconds)
    assert OTelTracer(provider)._budget == seconds
    assert OTelTracer(provider, flush_within=0.5)._budget == 0.5
