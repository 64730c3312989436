"""`logged`: what the lines of an invocation tell, what is logged when it fails, and that nothing leaks."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from lambdakit import HandlerCancelledError, OptionError, bind, blocking, bound, log, logged, sqs_batch, stack
from lambdakit.logging._line import scope
from lambdakit.testing import FakeContext
from tests.layers import passing

if TYPE_CHECKING:
    from lambdakit.testing import Events
    from tests.conftest import AsKind
    from tests.logging.conftest import Lines


def info(event: Any, context: Any) -> None:
    """A handler that writes one line."""
    log.info("x")


def test_a_line_tells_its_invocation(
    as_kind: AsKind, lines: Lines, monkeypatch: pytest.MonkeyPatch, cold_start: None
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    context = FakeContext(
        aws_request_id="r-1", function_name="f", function_version="7", memory_limit_in_mb=512, tenant_id="t-1"
    )

    @logged(service="orders", correlation_id=lambda event: event["correlation"])
    @as_kind
    def handler(event: Any, context: Any) -> str:
        log.info("charging", total=12)
        return "charged"

    assert handler({"correlation": "c-1"}, context) == "charged"
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "INFO",
        "message": "charging",
        "service": "orders",
        "function_request_id": "r-1",
        "cold_start": True,
        "function_name": "f",
        "function_version": "7",
        "function_memory_size": 512,
        "correlation_id": "c-1",
        "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
        "tenant_id": "t-1",
        "total": 12,
    }


def test_only_the_first_invocation_is_a_cold_start(
    as_kind: AsKind, lines: Lines, lambda_context: FakeContext, cold_start: None
) -> None:
    handler = logged(as_kind(info))
    handler({}, lambda_context)
    handler({}, FakeContext())
    assert [line["cold_start"] for line in lines()] == [True, False]


def test_what_is_not_known_is_left_out(as_kind: AsKind, lines: Lines) -> None:
    logged(as_kind(info))({}, None)
    (line,) = lines()
    assert line.keys() == {"timestamp", "level", "message", "cold_start"}


def test_a_context_of_another_make_may_lack_attributes(as_kind: AsKind, lines: Lines) -> None:
    class Bare:
        memory_limit_in_mb = "much"

    handler: Any = logged(as_kind(info))
    handler({}, Bare())
    (line,) = lines()
    assert line.keys() == {"timestamp", "level", "message", "cold_start"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LAMBDAKIT_SERVICE": "a", "OTEL_SERVICE_NAME": "b", "AWS_LAMBDA_FUNCTION_NAME": "c"}, "a"),
        ({"OTEL_SERVICE_NAME": "b", "AWS_LAMBDA_FUNCTION_NAME": "c"}, "b"),
        ({"AWS_LAMBDA_FUNCTION_NAME": "c"}, "c"),
        ({}, "function"),
    ],
)
def test_the_service_is_named_by_the_environment_or_as_the_function(
    variables: dict[str, str],
    expected: str,
    lines: Lines,
    lambda_context: FakeContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    logged(info)({}, lambda_context)
    assert lines()[0]["service"] == expected


def test_the_trace_id_is_read_for_each_invocation(
    as_kind: AsKind, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = logged(as_kind(info))
    for header in ("Root=1-1-a;Parent=b;Sampled=0", "Root=1-2-a", "Self=1-3-a", "", None):
        if header is None:
            monkeypatch.delenv("_X_AMZN_TRACE_ID")
        else:
            monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        handler({}, FakeContext())
    assert [line.get("trace_id") for line in lines()] == ["1-1-a", "1-2-a", None, None, None]


def test_a_bound_field_goes_before_one_of_the_invocation(
    as_kind: AsKind, lines: Lines, lambda_context: FakeContext
) -> None:
    @logged(correlation_id=lambda event: "of the event")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        bind(correlation_id="found later")
        log.info("x")

    handler({}, lambda_context)
    assert lines()[0]["correlation_id"] == "found later"


def test_what_is_bound_ends_with_the_invocation(as_kind: AsKind, lines: Lines, lambda_context: FakeContext) -> None:
    @logged
    @as_kind
    def handler(event: Any, context: Any) -> None:
        log.info("start")
        bind(order=event["order"])
        with bound(attempt=1):
            log.info("in the block")
        log.info("end")

    handler({"order": 1}, lambda_context)
    handler({"order": 2}, FakeContext())
    found = [(line["message"], line.get("order"), line.get("attempt")) for line in lines()]
    assert found == [
        ("start", None, None),
        ("in the block", 1, 1),
        ("end", 1, None),
        ("start", None, None),
        ("in the block", 2, 1),
        ("end", 2, None),
    ]


def test_what_is_bound_at_import_is_in_every_invocation(as_kind: AsKind, lines: Lines) -> None:
    def module() -> None:
        bind(release="1.2")
        handler = logged(as_kind(info))
        handler({}, FakeContext())
        handler({}, FakeContext())

    copy_context().run(module)
    assert [line["release"] for line in lines()] == ["1.2", "1.2"]


def test_each_record_of_a_batch_has_its_own_fields(as_kind: AsKind, lines: Lines, events: Events) -> None:
    @logged
    @sqs_batch
    @as_kind
    def handler(message: Any, context: Any) -> None:
        log.info("start")
        bind(body=message["body"])
        log.info("end")

    event = events.sqs("a", "b")
    handler(event, FakeContext())
    ids = [record["messageId"] for record in event["Records"]]
    found = [(line["message"], line["message_id"], line.get("body")) for line in lines()]
    assert found == [("start", ids[0], None), ("end", ids[0], "a"), ("start", ids[1], None), ("end", ids[1], "b")]


def test_every_record_of_a_batch_sees_what_was_bound_before_it(as_kind: AsKind, lines: Lines, events: Events) -> None:
    @passing
    @logged
    @sqs_batch
    @logged
    @as_kind
    def handler(message: Any, context: Any) -> None:
        log.info("x")

    def module() -> None:
        bind(outer=1)
        handler(events.sqs("a", "b"), FakeContext(aws_request_id="r-1"))

    copy_context().run(module)
    assert [(line["outer"], line["function_request_id"]) for line in lines()] == [(1, "r-1")] * 2


def test_tasks_and_threads_of_an_invocation_tell_it(lines: Lines) -> None:
    @logged
    async def handler(event: Any, context: Any) -> None:
        bind(order=1)

        async def work(name: str) -> None:
            with bound(part=name):
                await asyncio.sleep(0)
                log.info("task")

        await asyncio.gather(work("a"), work("b"))
        await blocking(log.info, "blocking")
        await asyncio.to_thread(log.info, "thread")

    handler({}, FakeContext(aws_request_id="r-1"))
    found = [(line["message"], line.get("part"), line["order"], line["function_request_id"]) for line in lines()]
    assert found == [
        ("task", "a", 1, "r-1"),
        ("task", "b", 1, "r-1"),
        ("blocking", None, 1, "r-1"),
        ("thread", None, 1, "r-1"),
    ]


def test_invocations_in_several_threads_do_not_mix(as_kind: AsKind, lines: Lines) -> None:
    together = threading.Barrier(4)

    @logged
    @as_kind
    def handler(event: Any, context: Any) -> None:
        bind(order=event)
        together.wait(timeout=10)
        log.info("x")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda order: handler(order, FakeContext(aws_request_id=f"r-{order}")), range(4)))
    found = sorted((line["order"], line["function_request_id"]) for line in lines())
    assert found == [(order, f"r-{order}") for order in range(4)]


def test_nothing_leaks_over_many_invocations_that_leave_threads_and_tasks_behind(lines: Lines) -> None:
    @logged
    async def handler(event: Any, context: Any) -> None:
        bind(**{f"own_{event}": event})
        with bound(part=event):
            await asyncio.gather(asyncio.to_thread(log.info, "thread"), asyncio.create_task(log.ainfo("task")))
        log.info("end")

    for number in range(200):
        handler(number, FakeContext(aws_request_id=f"r-{number}"))
    found = lines()
    assert len(found) == 600
    for index, line in enumerate(found):
        number = index // 3
        assert line["function_request_id"] == f"r-{number}"
        assert [name for name in line if name.startswith("own_")] == [f"own_{number}"]
        assert line.get("part") == (None if line["message"] == "end" else number)


def test_the_layer_leaves_no_scope_behind(as_kind: AsKind, lambda_context: FakeContext) -> None:
    seen: list[object] = []

    @logged
    @as_kind
    def handler(event: Any, context: Any) -> None:
        seen.append(scope.get())
        if event:
            raise event

    async def call() -> None:
        for event in (None, ValueError()):
            try:
                await handler.acall(event, lambda_context)
            except ValueError:
                pass
            seen.append(scope.get())

    asyncio.run(call())
    inside, after, inside_again, after_error = seen
    assert inside is not None
    assert inside_again is not None
    assert after is after_error is None


# Errors


def test_an_error_that_escapes_is_logged_once_and_goes_on(as_kind: AsKind, lines: Lines) -> None:
    error = ValueError("no")

    @logged(service="orders")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        bind(order=1)
        raise error

    with pytest.raises(ValueError, match="no") as caught:
        handler({}, FakeContext(aws_request_id="r-1"))
    assert caught.value is error
    assert error.__cause__ is error.__context__ is None
    assert not hasattr(error, "__notes__")
    (line,) = lines()
    assert (line["level"], line["message"]) == ("ERROR", "the handler failed")
    assert (line["service"], line["function_request_id"], line["order"]) == ("orders", "r-1", 1)
    assert line["exception"]["type"] == "ValueError"
    assert line["exception"]["message"] == "no"
    assert line["exception"]["stack"][-1]["function"].endswith("<locals>.handler")


class Suspended(BaseException):
    """As AWS's durable executions raise it."""


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), Suspended()])
def test_what_is_no_exception_goes_on_and_is_not_logged(as_kind: AsKind, lines: Lines, error: BaseException) -> None:
    @logged
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise error

    with pytest.raises(type(error)):
        handler({}, None)
    assert lines() == []


def test_a_cancellation_is_not_logged(as_kind: AsKind, lines: Lines) -> None:
    @logged
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(HandlerCancelledError):
        handler({}, None)
    assert lines() == []


def test_two_applications_log_an_error_once_and_a_line_once(
    as_kind: AsKind, lines: Lines, lambda_context: FakeContext
) -> None:
    @logged(service="outer")
    @passing
    @logged(service="inner")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        log.info("x")
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        handler({}, lambda_context)
    assert [(line["message"], line["service"]) for line in lines()] == [("x", "inner"), ("the handler failed", "outer")]


def test_an_error_of_a_nested_handler_is_logged_where_it_escapes(
    as_kind: AsKind, lines: Lines, lambda_context: FakeContext
) -> None:
    @logged(service="inner")
    def inner(event: Any, context: Any) -> None:
        bind(inner=1)
        log.info("inner")
        raise ValueError

    @logged(service="outer", correlation_id=lambda event: "c-1")
    @as_kind
    def outer(event: Any, context: Any) -> None:
        with pytest.raises(ValueError, match=r"^$"):
            inner(event, context)
        log.info("outer")

    outer({}, lambda_context)
    assert [(line["message"], line["service"], line["correlation_id"], line.get("inner")) for line in lines()] == [
        ("inner", "inner", "c-1", 1),
        ("outer", "outer", "c-1", None),
    ]


def test_a_nested_handler_of_another_invocation_tells_its_own(as_kind: AsKind, lines: Lines) -> None:
    @logged
    def inner(event: Any, context: Any) -> None:
        log.info("inner")

    @logged(service="outer")
    @as_kind
    def outer(event: Any, context: Any) -> None:
        inner(event, FakeContext(aws_request_id="r-2"))
        log.info("outer")

    outer({}, FakeContext(aws_request_id="r-1"))
    found = [(line["message"], line["service"], line["function_request_id"]) for line in lines()]
    assert found == [("inner", "outer", "r-2"), ("outer", "outer", "r-1")]


# Correlation ids


def test_a_correlation_id_that_cannot_be_found_does_not_fail_the_handler(as_kind: AsKind, lines: Lines) -> None:
    handler = logged(correlation_id=lambda event: event["missing"])(as_kind(lambda event, context: "done"))
    assert handler({}, None) == "done"
    (line,) = lines()
    assert line["level"] == "WARN"
    assert line["exception"]["type"] == "KeyError"


def test_a_correlation_id_can_be_left_out(lines: Lines, lambda_context: FakeContext) -> None:
    logged(correlation_id=lambda event: None)(info)({"headers": {"x-correlation-id": "c-1"}}, lambda_context)
    assert "correlation_id" not in lines()[0]


def test_each_record_of_a_batch_tells_its_own_correlation_id(as_kind: AsKind, lines: Lines) -> None:
    @logged
    @sqs_batch
    @as_kind
    def handler(message: Any, context: Any) -> None:
        log.info("start")
        if message["body"] == "b":
            bind(correlation_id="bound")
        log.info("end")

    def message(body: str, **attributes: Any) -> dict[str, Any]:
        return {"messageId": body, "body": body, "eventSource": "aws:sqs", "messageAttributes": attributes}

    correlation = {"stringValue": "c-1", "dataType": "String"}
    handler({"Records": [message("a", correlation_id=correlation), message("b"), message("c")]}, None)
    assert [line.get("correlation_id") for line in lines()] == ["c-1", "c-1", None, "bound", None, None]


def test_a_function_for_records_stands_below_the_batch(as_kind: AsKind, lines: Lines, events: Events) -> None:
    @logged(service="orders")
    @sqs_batch
    @logged(correlation_id=lambda message: f"of {message['body']}")
    @as_kind
    def handler(message: Any, context: Any) -> None:
        log.info("x")

    handler(events.sqs("a", "b"), FakeContext())
    assert [(line["correlation_id"], line["service"]) for line in lines()] == [("of a", "orders"), ("of b", "orders")]


def test_a_function_of_the_event_is_not_overruled_by_records(as_kind: AsKind, lines: Lines) -> None:
    handler = logged(correlation_id=lambda event: "of the event")(sqs_batch(as_kind(info)))
    attributes = {"correlation_id": {"stringValue": "c-1"}}
    handler({"Records": [{"messageId": "m", "eventSource": "aws:sqs", "messageAttributes": attributes}]}, None)
    assert [line["correlation_id"] for line in lines()] == ["of the event"]


# The event


def test_the_event_is_logged_where_it_is_asked_for(as_kind: AsKind, lines: Lines) -> None:
    event = {"headers": {"Authorization": "Bearer x", "accept": "text/html"}, "body": "b"}
    logged(log_event=True)(as_kind(info))(event, None)
    first, second = lines()
    assert (first["level"], first["message"], second["message"]) == ("INFO", "event", "x")
    assert first["event"] == {"headers": {"Authorization": "[redacted]", "accept": "text/html"}, "body": "b"}
    assert event["headers"] == {"Authorization": "Bearer x", "accept": "text/html"}
    assert "event" not in second


def test_the_event_is_not_logged_below_the_level(as_kind: AsKind, lines: Lines) -> None:
    logged(log_event=True, level="WARN")(as_kind(info))({}, None)
    assert lines() == []


# Options


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"service": ""}, "service: expected a name, got ''"),
        ({"service": 1}, "service: expected a name, got 1"),
        ({"level": "LOUD"}, "level: expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL.* got 'LOUD'"),
        ({"level": True}, "level: expected .* got True"),
        ({"level": -1}, "level: expected .* got -1"),
        ({"correlation_id": "headers.x"}, "correlation_id: expected a function of the event; .* cannot be called"),
        ({"correlation_id": lambda: None}, "correlation_id: expected a function .* takes 0 positional arguments"),
        ({"log_event": 1}, "log_event: expected True or False, got 1"),
        ({"servce": "x"}, "no option 'servce' .did you mean 'service'"),
    ],
)
def test_a_wrong_option_is_an_error_at_import(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=problem) as caught:
        logged(**options)
    assert "@logged (" in str(caught.value)
    assert "test_logged.py, line " in str(caught.value)


def test_an_async_function_cannot_find_the_correlation_id() -> None:
    async def find(event: Any) -> str:
        return "x"

    with pytest.raises(OptionError, match=r"expected a plain function; .*find.* is async"):
        logged(correlation_id=find)


@pytest.mark.parametrize("level", ["DEBUG", "debug", " Debug ", logging.DEBUG, "10"])
def test_the_level_can_be_given(as_kind: AsKind, lines: Lines, level: str | int) -> None:
    logged(level=level)(as_kind(lambda event, context: log.debug("x")))({}, None)
    assert [line["level"] for line in lines()] == ["DEBUG"]


def test_the_level_holds_for_its_handler_only(as_kind: AsKind, lines: Lines) -> None:
    def body(event: Any, context: Any) -> None:
        log.info("info")
        log.error("error")

    logged(level="ERROR")(as_kind(body))({}, None)
    log.info("outside")
    assert [line["message"] for line in lines()] == ["error", "outside"]


def test_an_inner_application_keeps_the_level_of_the_outer_unless_it_says_one(as_kind: AsKind, lines: Lines) -> None:
    def body(event: Any, context: Any) -> None:
        log.debug("debug")
        log.error("error")

    logged(level="DEBUG")(logged(as_kind(body)))({}, None)
    logged(level="DEBUG")(logged(level="ERROR")(as_kind(body)))({}, None)
    assert [line["message"] for line in lines()] == ["debug", "error", "error"]


def test_logged_stands_in_a_stack_and_in_the_repr(lines: Lines) -> None:
    @stack(logged(service="orders"), passing)
    def handler(event: Any, context: Any) -> None:
        log.info("x")

    assert repr(handler) == "<Handler logged > passing > handler>"
    handler({}, None)
    assert lines()[0]["service"] == "orders"


def test_outside_lambda_nothing_global_is_changed(lines: Lines) -> None:
    root = logging.getLogger()
    before = (root.level, [*root.handlers], [handler.formatter for handler in root.handlers])
    logged(info)({}, None)
    assert not structlog.is_configured()
    assert (root.level, [*root.handlers], [handler.formatter for handler in root.handlers]) == before
