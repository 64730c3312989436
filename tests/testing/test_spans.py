"""`captured_spans`: what a test sees of the spans of its handlers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import span, traced
from lambdakit.testing import CapturedSpans, FakeContext
from lambdakit.tracers import OTelTracer, XRayTracer
from lambdakit.tracing import _choice

if TYPE_CHECKING:
    from lambdakit.tracing import Work
    from tests.conftest import AsKind


def charging(event: Any, context: Any) -> None:
    """A handler with a span of its own."""
    with span("charge", order="o-1") as charge:
        charge.event("asked", amount=12)
        if event.get("fail"):
            raise ValueError("no money")


@pytest.fixture(autouse=True)
def without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAMBDAKIT_TRACER", "_X_AMZN_TRACE_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("tracer", [None, OTelTracer(), XRayTracer()], ids=["none", "otel", "xray"])
def test_the_spans_of_a_handler_are_there_whichever_tracer_it_has(
    as_kind: AsKind, captured_spans: CapturedSpans, tracer: Any
) -> None:
    handler = traced(tracer=tracer)(as_kind(charging))
    handler({}, FakeContext(function_name="orders"))
    root, charge = captured_spans
    assert (root.name, root.error, charge.name) == ("orders", None, "charge")
    assert (charge.attributes, charge.events) == ({"order": "o-1"}, [("asked", {"amount": 12})])
    assert charge.trace_id == root.trace_id
    assert list(captured_spans.under(root)) == [charge]


@pytest.mark.parametrize("tracer", [OTelTracer(), XRayTracer()], ids=["otel", "xray"])
def test_an_error_is_told_by_its_class(captured_spans: CapturedSpans, tracer: Any) -> None:
    with pytest.raises(ValueError, match="no money"):
        traced(tracer=tracer)(charging)({"fail": True}, FakeContext())
    assert [each.error for each in captured_spans] == ["ValueError", "ValueError"]


@pytest.mark.parametrize(("asked", "id_length"), [("otel", 32), ("xray", 35)])
def test_without_a_tracer_the_variable_says_which_backend_it_is(
    captured_spans: CapturedSpans, monkeypatch: pytest.MonkeyPatch, asked: str, id_length: int
) -> None:
    handler = traced(charging)
    monkeypatch.setenv("LAMBDAKIT_TRACER", asked)
    handler({}, FakeContext())
    assert len(captured_spans[0].trace_id) == id_length


def test_spans_are_found_by_name(captured_spans: CapturedSpans) -> None:
    handler = traced(charging)
    handler({}, FakeContext())
    assert captured_spans["charge"] is captured_spans.named("charge")[0]
    handler({}, FakeContext())
    assert len(captured_spans.named("charge")) == 2
    with pytest.raises(KeyError, match="expected one span named 'charge', and there are 2; those captured are: "):
        captured_spans["charge"]
    with pytest.raises(KeyError, match="expected one span named 'x', and there are 0"):
        captured_spans["x"]
    assert repr(captured_spans) == "<CapturedSpans ['function', 'charge', 'function', 'charge']>"
    assert len(captured_spans[:2]) == 2
    captured_spans.clear()
    assert list(captured_spans) == []


def test_afterwards_everything_is_as_it_was() -> None:
    tracer = XRayTracer()
    emitter = tracer._recorder.emitter
    handler = traced(tracer=tracer)(charging)
    with CapturedSpans() as captured:
        handler({}, FakeContext())
        assert os.environ["_X_AMZN_TRACE_ID"].endswith("Sampled=1")
    handler({}, FakeContext())
    assert len(captured) == 2
    assert "_X_AMZN_TRACE_ID" not in os.environ
    assert tracer._recorder.emitter is emitter
    assert _choice.instead is None


def test_a_tracer_of_the_tests_own_is_left_in_place(captured_spans: CapturedSpans) -> None:
    begun: list[str] = []

    class Mine(OTelTracer):
        def begin(self, work: Work, /) -> Any:
            begun.append(work.name)
            return super().begin(work)

    traced(tracer=Mine())(charging)({}, FakeContext(function_name="orders"))
    assert (begun, len(captured_spans)) == (["orders"], 0)
