"""`captured_logs`: what was logged, as objects."""

from __future__ import annotations

import asyncio
import json
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import structlog

from lambdakit import bind, log, logged, sqs_batch
from lambdakit.logging._output import listeners
from lambdakit.testing import CapturedLogs, FakeContext
from tests.logging.conftest import calling

if TYPE_CHECKING:
    import pytest

    from lambdakit.testing import Events
    from tests.conftest import AsKind

root = logging.getLogger()
orders = logging.getLogger("orders")


def test_a_line_is_an_object(as_kind: AsKind, captured_logs: CapturedLogs) -> None:
    error = ValueError("no")

    @logged(service="orders")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        bind(order=7)
        log.error("charging %s", "x", total=Decimal("1.50"), exc_info=error)

    handler({}, FakeContext(aws_request_id="r-1"))
    (line,) = captured_logs
    assert (line.level, line.message, line.exception) == ("ERROR", "charging x", error)
    assert line.fields["total"] == Decimal("1.50")
    assert type(line.fields["total"]) is Decimal
    assert (line.fields["service"], line.fields["function_request_id"], line.fields["order"]) == ("orders", "r-1", 7)
    assert not {"timestamp", "level", "message", "exception"} & line.fields.keys()
    assert json.loads(line.text)["exception"]["message"] == "no"


def test_lines_of_all_loggers_are_captured_once_and_in_order(as_kind: AsKind, captured_logs: CapturedLogs) -> None:
    @logged(service="orders")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        bind(order=7)
        log.info("own")
        structlog.get_logger("third").info("structlog", a=1)
        orders.info("standard %s", "library", extra={"size": 3})
        for write in (log.debug, structlog.get_logger().debug, orders.debug):
            write("dropped")

    handler({}, FakeContext(aws_request_id="r-1"))
    assert captured_logs.messages == ["own", "structlog", "standard library"]
    assert [line.fields.get("logger") for line in captured_logs] == [None, "third", "orders"]
    assert [(line.fields["order"], line.fields["service"]) for line in captured_logs] == [(7, "orders")] * 3
    assert (captured_logs[1].fields["a"], captured_logs[2].fields["size"]) == (1, 3)


def test_the_level_of_the_invocation_holds(captured_logs: CapturedLogs) -> None:
    def body(event: Any, context: Any) -> None:
        log.debug("own")
        orders.debug("stdlib")

    logged(level="DEBUG")(body)({}, None)
    logged(body)({}, None)
    assert captured_logs.messages == ["own", "stdlib"]


def test_what_is_kept_is_captured_if_it_is_written(captured_logs: CapturedLogs) -> None:
    @logged(buffer="DEBUG")
    def handler(event: Any, context: Any) -> None:
        log.debug("own")
        orders.debug("stdlib")
        if event:
            orders.error("wrong")

    handler(False, None)
    assert len(captured_logs) == 0
    handler(True, None)
    assert captured_logs.messages == ["own", "stdlib", "wrong"]


def test_what_the_engine_logs_of_a_record_is_captured(captured_logs: CapturedLogs, events: Events) -> None:
    @logged
    @sqs_batch(on_all_failed="report")
    def handler(message: Any, context: Any) -> None:
        raise ValueError("no")

    event = events.sqs("a")
    handler(event, None)
    (line,) = captured_logs
    assert (line.fields["logger"], line.fields["message_id"]) == ("lambdakit.batch", event["Records"][0]["messageId"])
    assert isinstance(line.exception, ValueError)


def test_the_text_is_what_lambda_would_get(captured_logs: CapturedLogs) -> None:
    logged(schema="otel")(calling(lambda: log.info("x", token="hunter2")))({}, None)
    assert captured_logs[0].fields["token"] == "hunter2"
    assert json.loads(captured_logs[0].text)["attributes"]["token"] == "[redacted]"


def test_lines_are_still_written(captured_logs: CapturedLogs, capsys: pytest.CaptureFixture[str]) -> None:
    log.info("x")
    assert json.loads(capsys.readouterr().out)["message"] == "x"
    assert captured_logs.messages == ["x"]


def test_threads_and_tasks_are_captured(captured_logs: CapturedLogs) -> None:
    @logged
    async def handler(event: Any, context: Any) -> None:
        await asyncio.to_thread(log.info, "thread")
        await asyncio.create_task(log.ainfo("task"))

    handler({}, None)
    assert captured_logs.messages == ["thread", "task"]


def test_nothing_global_is_left_behind() -> None:
    before = (root.level, [*root.handlers], structlog.is_configured(), structlog.get_config())
    with CapturedLogs() as captured:
        log.info("inside")
        with CapturedLogs() as inner:
            structlog.get_logger().info("structlog")
        orders.info("after the inner one")
    log.info("outside")
    assert captured.messages == ["inside", "structlog", "after the inner one"]
    assert inner.messages == ["structlog"]
    assert (root.level, [*root.handlers], structlog.is_configured(), structlog.get_config()) == before
    assert listeners == []


def test_a_structlog_of_the_user_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    try:
        with CapturedLogs() as captured:
            structlog.get_logger().info("theirs")
        assert structlog.is_configured()
    finally:
        structlog.reset_defaults()
    assert captured.messages == []
    assert capsys.readouterr().out == "event='theirs'\n"


def test_it_can_be_sliced_and_shown(captured_logs: CapturedLogs) -> None:
    log.info("a")
    log.info("b")
    assert [line.message for line in captured_logs[1:]] == ["b"]
    assert repr(captured_logs) == "<CapturedLogs ['a', 'b']>"
