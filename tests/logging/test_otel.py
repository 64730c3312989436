"""Lines with OpenTelemetry's names."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from lambdakit import OptionError, bind, log, logged, sqs_batch
from lambdakit.testing import FakeContext
from tests.logging.conftest import calling

if TYPE_CHECKING:
    from tests.conftest import AsKind
    from tests.logging.conftest import Lines


def test_a_line_has_the_fields_of_the_logs_data_model(
    as_kind: AsKind, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")

    @logged(service="orders", schema="otel")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        bind(order=7)
        log.warning("slow", total=12)

    handler({}, FakeContext(aws_request_id="r-1", function_name="f", memory_limit_in_mb=128, tenant_id="t-1"))
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "WARN",
        "severity_text": "WARN",
        "severity_number": 13,
        "body": "slow",
        "trace_id": "5759e988bd862e3fe1be46a994272793",
        "resource": {
            "service.name": "orders",
            "faas.name": "f",
            "faas.version": "$LATEST",
            "faas.max_memory": 134217728,
        },
        "attributes": {
            "faas.invocation_id": "r-1",
            "faas.coldstart": False,
            "tenant_id": "t-1",
            "order": 7,
            "total": 12,
        },
    }


@pytest.mark.parametrize(("level", "number"), [(5, 1), (10, 5), (20, 9), (30, 13), (40, 17), (50, 21)])
def test_severities_have_their_numbers(lines: Lines, level: int, number: int) -> None:
    logged(schema="otel", level="TRACE")(calling(lambda: log.log(level, "x")))({}, None)
    assert [line["severity_number"] for line in lines()] == [number]


def test_an_exception_is_told_in_three_attributes(as_kind: AsKind, lines: Lines) -> None:
    @logged(schema="otel")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        card = "4111" * 2
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("no", len(card)) from error

    with pytest.raises(ValueError, match="no"):
        handler({}, None)
    (line,) = lines()
    told = line["attributes"]
    assert (told["exception.type"], told["exception.message"]) == ("ValueError", "('no', 8)")
    stack = told["exception.stacktrace"]
    assert stack.index("KeyError: 'first'") < stack.index("direct cause") < stack.index("ValueError: ('no', 8)")
    assert "41114111" not in stack


def test_an_exception_that_cannot_be_shown_is_told_all_the_same(lines: Lines) -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    logged(schema="otel")(calling(lambda: log.error("x", exc_info=OddError())))({}, None)
    assert lines()[0]["attributes"]["exception.message"] == "<OddError that cannot be shown: RuntimeError>"


def test_a_record_of_a_batch_is_told_by_its_attribute(lines: Lines) -> None:
    handler = logged(schema="otel")(sqs_batch(lambda message, context: log.info("x")))
    handler({"Records": [{"messageId": "m-1", "body": "", "eventSource": "aws:sqs"}]}, None)
    assert lines()[0]["attributes"]["messaging.message.id"] == "m-1"


def test_the_name_of_a_logger_is_that_of_the_instrumentation_scope(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
    try:
        logged(schema="otel")(lambda event, context: None)
        structlog.get_logger("orders").info("outside an invocation")
    finally:
        structlog.reset_defaults()
        assert logging.getLogger().level == logging.WARNING
    assert lines()[0]["instrumentation_scope"] == {"name": "orders"}


def test_its_lines_are_redacted(lines: Lines) -> None:
    logged(schema="otel")(calling(lambda: log.info("x", token="t")))({}, None)
    assert lines()[0]["attributes"]["token"] == "[redacted]"


def test_a_schema_that_is_not_known_is_an_error_at_import() -> None:
    unknown: Any = "ecs"
    with pytest.raises(OptionError, match="schema: expected 'flat' or 'otel', got 'ecs'"):
        logged(schema=unknown)
