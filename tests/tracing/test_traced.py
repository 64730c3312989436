"""`traced`: the span of an invocation, with both backends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import HandlerCancelledError, blocking, current, log, logged, span, stack, traced
from lambdakit.testing import FakeContext
from tests.layers import passing

if TYPE_CHECKING:
    from lambdakit.testing import CapturedSpans, Events
    from tests.conftest import AsKind


def nothing(event: Any, context: Any) -> None:
    """A handler."""


def test_an_invocation_is_a_span_by_the_name_of_the_function(
    as_kind: AsKind, spans: CapturedSpans, cold_start: None
) -> None:
    handler = traced(as_kind(lambda event, context: "done"))
    assert handler({}, FakeContext(function_name="orders")) == "done"
    assert handler({}, FakeContext(function_name="orders")) == "done"
    cold, _ = spans
    assert (cold.name, cold.error) == ("orders", None)
    assert [span.attributes.get("faas.coldstart", span.attributes.get("faas_coldstart")) for span in spans] == [
        True,
        False,
    ]


def test_without_a_context_the_span_has_the_name_of_the_handler(as_kind: AsKind, spans: CapturedSpans) -> None:
    traced(as_kind(nothing))({}, None)
    assert len(spans) == 1


def test_it_can_be_applied_bare_with_options_and_in_a_stack(spans: CapturedSpans, backend: str) -> None:
    for handler in (traced(nothing), traced()(nothing), stack(passing, traced)(nothing)):
        handler({}, FakeContext())
    assert [span.name for span in spans] == ["function"] * 3


def test_spans_nest_and_have_attributes_and_events(as_kind: AsKind, spans: CapturedSpans) -> None:
    @traced
    @as_kind
    def handler(event: Any, context: Any) -> None:
        with span("outer", order="o-1", total=12.5, paid=True, parts=3) as outer:
            with span("inner"):
                span.current().set(deep=1)
            outer.event("charged", amount=12)
            outer.set(late="yes", nobody=None)

    handler({}, FakeContext())
    root, outer, inner = spans
    assert [each.name for each in (root, outer, inner)] == ["function", "outer", "inner"]
    assert (outer.parent_id, inner.parent_id) == (root.span_id, outer.span_id)
    assert {each.trace_id for each in spans} == {root.trace_id}
    assert dict(outer.attributes) == {"order": "o-1", "total": 12.5, "paid": True, "parts": 3, "late": "yes"}
    assert dict(inner.attributes) == {"deep": 1}
    assert outer.events == [("charged", {"amount": 12})]
    assert list(spans.under(root)) == [outer]
    assert spans["inner"] is inner


def test_values_of_any_type_can_be_set(spans: CapturedSpans) -> None:
    from decimal import Decimal

    @traced
    def handler(event: Any, context: Any) -> None:
        with span("x", total=Decimal("1.50"), tags=["a", "b"], mixed=[1, "a"], model={"a": 1}, none=None):
            pass

    handler({}, FakeContext())
    attributes = dict(spans["x"].attributes)
    assert (attributes["total"], attributes["model"]) == ("1.50", "{'a': 1}")
    assert list(attributes["tags"]) == ["a", "b"]  # type: ignore[call-overload]
    assert "none" not in attributes
    assert "mixed" in attributes


def test_an_error_marks_every_span_it_escapes_from(as_kind: AsKind, spans: CapturedSpans) -> None:
    @traced
    @as_kind
    def handler(event: Any, context: Any) -> None:
        with span("passes"):
            pass
        with span("fails"):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        handler({}, FakeContext())
    assert {each.name: each.error for each in spans} == {
        "function": "ValueError",
        "passes": None,
        "fails": "ValueError",
    }


def test_a_span_can_be_marked_as_failed_by_an_error_or_in_words(as_kind: AsKind, spans: CapturedSpans) -> None:
    @traced
    @as_kind
    def handler(event: Any, context: Any) -> None:
        with span("caught") as caught:
            caught.fail(KeyError("x"))
        with span("told") as told:
            told.fail("declined by the bank")

    handler({}, FakeContext())
    assert {each.name: each.error for each in spans} == {
        "function": None,
        "caught": "KeyError",
        "told": "declined by the bank",
    }


def test_of_an_http_event_the_status_is_told(as_kind: AsKind, spans: CapturedSpans, events: Events) -> None:
    handler = traced(as_kind(lambda event, context: {"statusCode": event["queryStringParameters"]["status"]}))
    for status in ("200", "404", "503"):
        handler(events.api_gateway("GET", "/orders", query={"status": status}), FakeContext())
    told = [
        each.attributes.get("http.response.status_code", each.attributes.get("http_response_status_code"))
        for each in spans
    ]
    assert told == [200, 404, 503]
    assert [each.error for each in spans] == [None, None, "answered with status 503"]


def test_inside_another_traced_it_is_a_span_like_any_other(as_kind: AsKind, spans: CapturedSpans) -> None:
    def named(event: Any, context: Any) -> str:
        return "done"

    @traced
    @traced
    def outer(event: Any, context: Any) -> Any:
        return passing(traced(named))(event, None)

    assert outer({}, FakeContext()) == "done"
    first, second, third = spans
    assert [each.name for each in spans] == ["function", "outer", "named"]
    assert (second.parent_id, third.parent_id) == (first.span_id, second.span_id)


def test_nothing_is_left_of_a_trace_after_its_invocation(as_kind: AsKind, spans: CapturedSpans) -> None:
    traced(as_kind(nothing))({}, FakeContext())
    with span("outside"):
        pass
    passing(as_kind(nothing))({}, FakeContext())
    assert [each.name for each in spans] == ["function"]


def test_a_cancelled_handler_has_its_span(spans: CapturedSpans) -> None:
    @traced
    async def handler(event: Any, context: Any) -> None:
        with span("waits"):
            raise asyncio.CancelledError

    with pytest.raises(HandlerCancelledError):
        handler({}, FakeContext())
    assert {each.name: each.error for each in spans} == {"function": "CancelledError", "waits": "CancelledError"}


def test_an_error_that_is_no_exception_comes_through_and_the_span_is_ended(
    as_kind: AsKind, spans: CapturedSpans
) -> None:
    class Suspend(BaseException):
        pass

    @traced
    def handler(event: Any, context: Any) -> None:
        raise Suspend

    with pytest.raises(Suspend):
        handler({}, FakeContext())
    assert spans["function"].error == "Suspend"


def test_siblings_under_gather_are_siblings(spans: CapturedSpans) -> None:
    @traced
    async def handler(event: Any, context: Any) -> None:
        both = asyncio.Barrier(3)

        async def task(number: int) -> None:
            with span(f"task {number}"):
                await both.wait()
                with span(f"child {number}"):
                    await both.wait()

        await asyncio.gather(*map(task, range(3)))

    handler({}, FakeContext())
    root = spans["function"]
    for number in range(3):
        task = spans[f"task {number}"]
        assert task.parent_id == root.span_id
        assert spans[f"child {number}"].parent_id == task.span_id


def test_threads_with_a_copy_of_the_context_have_the_span_too(spans: CapturedSpans) -> None:
    def in_thread(name: str) -> None:
        with span(name):
            pass

    @traced
    async def handler(event: Any, context: Any) -> None:
        with span("around"):
            await asyncio.gather(asyncio.to_thread(in_thread, "a"), blocking(in_thread, "b"))

    handler({}, FakeContext())
    assert spans["a"].parent_id == spans["b"].parent_id == spans["around"].span_id


def test_log_lines_tell_the_span_they_are_written_in(
    as_kind: AsKind, spans: CapturedSpans, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    @logged
    @traced
    @as_kind
    def handler(event: Any, context: Any) -> None:
        log.info("in the handler")
        with span("charge"):
            log.info("in the span")

    handler({}, FakeContext())
    of_handler, of_span = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (of_handler["trace_id"], of_handler["span_id"]) == (spans[0].trace_id, spans[0].span_id)
    assert (of_span["trace_id"], of_span["span_id"]) == (spans["charge"].trace_id, spans["charge"].span_id)


def test_no_lines_tell_a_span_where_nothing_is_traced(capsys: pytest.CaptureFixture[str]) -> None:
    @logged
    @traced
    def handler(event: Any, context: Any) -> None:
        log.info("x")

    handler({}, FakeContext())
    assert "span_id" not in capsys.readouterr().out


def test_the_handler_joins_what_it_calls_in_one_trace(as_kind: AsKind, spans: CapturedSpans) -> None:
    @passing
    def inner(event: Any, context: Any) -> str:
        return current().request_id

    @traced
    def handler(event: Any, context: Any) -> Any:
        with span("calls"):
            return inner(event, context)

    context = FakeContext()
    assert handler({}, context) == context.aws_request_id
    assert spans["calls"].parent_id == spans["function"].span_id
