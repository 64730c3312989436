"""What others log is carried along in a Lambda runtime: the set-up of AWS's runtime client, in this process."""

from __future__ import annotations

import io
import json
import logging
import os
import struct
import sys
import threading
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from lambdakit import bind, log, logged
from lambdakit.logging._line import process_fields
from lambdakit.testing import FakeContext
from tests.logging.conftest import calling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.logging.conftest import Lines

    Start = Callable[..., logging.Handler]

bootstrap: Any = import_module("awslambdaric.bootstrap")

root = logging.getLogger()
orders = logging.getLogger("orders")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Sets logging up as the runtime client does before it imports the handler; gives its handler."""
    level = root.level
    monkeypatch.setattr(logging.Formatter, "converter", logging.Formatter.converter)
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
    made: list[logging.Handler] = []

    def set_up(log_format: str = "Text", log_level: str = "", sink: object = None) -> logging.Handler:
        known = [*root.handlers]
        if log_level:
            monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", log_level)
        bootstrap._setup_logging(
            bootstrap.LogFormat.from_str(log_format), log_level, sink or bootstrap.StandardLogSink()
        )
        (handler,) = [handler for handler in root.handlers if handler not in known]
        made.append(handler)
        return handler

    yield set_up
    for handler in made:
        root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


def passing(event: Any, context: Any) -> None:
    """A handler that does nothing."""


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_the_standard_library_writes_the_same_lines(start: Start, lines: Lines, log_format: str) -> None:
    start(log_format)

    @logged(service="shop")
    def handler(event: Any, context: Any) -> None:
        bind(order=7)
        orders.info("charging %d", 3, extra={"total": 12.5})

    handler({}, FakeContext(aws_request_id="r-1", function_name="f"))
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "INFO",
        "message": "charging 3",
        "service": "shop",
        "function_request_id": "r-1",
        "cold_start": False,
        "function_name": "f",
        "function_version": "$LATEST",
        "function_memory_size": 128,
        "order": 7,
        "logger": "orders",
        "total": 12.5,
    }


def test_structlogs_own_loggers_write_the_same_lines(start: Start, lines: Lines) -> None:
    start()
    early = structlog.get_logger()

    @logged(service="shop")
    def handler(event: Any, context: Any) -> None:
        bind(order=7)
        structlog.contextvars.bind_contextvars(customer="c-1")
        early.info("early %s", "x", event={"a": 1})
        structlog.get_logger("orders", component="db").bind(n=1).warning("named")
        structlog.get_logger().debug("dropped")

    handler({}, FakeContext(aws_request_id="r-1"))
    handler({}, FakeContext(aws_request_id="r-2"))
    found = lines()
    assert [line["function_request_id"] for line in found] == ["r-1", "r-1", "r-2", "r-2"]
    unnamed, named = found[:2]
    assert (unnamed["message"], unnamed["event"], unnamed["order"]) == ("early x", {"a": 1}, 7)
    assert (named["logger"], named["component"], named["n"], named["customer"]) == ("orders", "db", 1, "c-1")
    assert (named["service"], named["level"]) == ("shop", "WARN")


def test_an_exception_of_the_standard_library_is_data(start: Start, lines: Lines) -> None:
    start()
    logged(passing)
    try:
        raise ValueError("no")
    except ValueError:
        orders.exception("failed", stack_info=True)
    (line,) = lines()
    assert (line["level"], line["exception"]["type"], line["exception"]["message"]) == ("ERROR", "ValueError", "no")
    assert line["stack"].startswith("Stack (most recent call last):")


def test_a_record_that_does_not_fit_its_arguments_is_not_lost(start: Start, lines: Lines) -> None:
    handler = start()
    logged(passing)
    # Not through a logger: the handler of pytest would raise.
    handler.handle(logging.makeLogRecord({"levelno": 30, "msg": "%d of %d", "args": ("x",)}))
    (line,) = lines()
    assert (line["message"], line["args"]) == ("%d of %d", ["x"])


def test_a_message_of_the_standard_library_may_be_an_object(start: Start, lines: Lines) -> None:
    start()
    logged(passing)
    orders.warning({"a": 1})
    orders.warning(ValueError("no"))
    orders.warning("%(a)s", {"a": 1})
    assert [line["message"] for line in lines()] == [{"a": 1}, "no", "1"]


def test_an_extra_field_cannot_take_the_place_of_what_lambda_reads(start: Start, lines: Lines) -> None:
    start()
    logged(passing)
    orders.warning("x", extra={"level": "high", "timestamp": "then", "bad": float("nan")})
    (line,) = lines()
    assert (line["level"], line["level_"], line["timestamp_"], line["bad"]) == ("WARN", "high", "then", "nan")


def test_the_time_of_a_record_is_its_own(start: Start) -> None:
    handler = start()
    logged(passing)
    record = logging.makeLogRecord({"levelno": 30, "msg": "x", "created": 1_000_000_000.25})
    assert json.loads(handler.format(record))["timestamp"] == "2001-09-09T01:46:40.250Z"


def test_a_second_application_doubles_nothing(start: Start, lines: Lines) -> None:
    start()
    handlers = [*root.handlers]

    @logged
    @logged(service="inner")
    def handler(event: Any, context: Any) -> None:
        log.info("own")
        orders.info("stdlib")
        structlog.get_logger().info("structlog")

    logged(passing)
    handler({}, None)
    assert [line["message"] for line in lines()] == ["own", "stdlib", "structlog"]
    assert root.handlers == handlers


def test_the_level_is_the_same_for_all(start: Start, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    start()
    logged(passing)
    orders.debug("stdlib")
    structlog.get_logger().debug("structlog")
    log.debug("own")
    assert [line["message"] for line in lines()] == ["stdlib", "structlog", "own"]


@pytest.mark.parametrize(("log_level", "written"), [("DEBUG", "diwe"), ("WARN", "we"), ("ERROR", "e")])
def test_the_level_of_lambda_is_the_level_of_all(start: Start, lines: Lines, log_level: str, written: str) -> None:
    start("JSON", log_level)
    logged(passing)
    for logger in (orders, log, structlog.get_logger()):
        logger.debug("d")
        logger.info("i")
        logger.warning("w")
        logger.error("e")
    assert "".join(line["message"] for line in lines()) == written * 3


def test_a_level_that_the_user_has_set_is_left_alone(start: Start) -> None:
    start()
    root.setLevel(logging.ERROR)
    logged(passing)
    assert root.level == logging.ERROR


def test_a_configuration_of_structlog_is_left_alone_and_so_is_the_root_handler(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()], logger_factory=structlog.stdlib.LoggerFactory()
    )
    logged(passing)
    structlog.get_logger("x").warning("theirs")
    assert capsys.readouterr().out.endswith("\tevent='theirs'\n")


def test_a_formatter_of_the_user_is_left_alone(start: Start) -> None:
    handler = start()
    own = logging.Formatter("%(aws_request_id)s %(message)s\n")
    handler.setFormatter(own)
    logged(passing)
    assert handler.formatter is own


def test_a_handler_of_the_user_is_left_alone(start: Start) -> None:
    start()
    own = logging.StreamHandler(io.StringIO())
    own.setFormatter(logging.Formatter("[%(levelname)s]\t%(asctime)s"))
    root.addHandler(own)
    try:
        formatter = own.formatter
        logged(passing)
        assert own.formatter is formatter
    finally:
        root.removeHandler(own)


def test_without_logged_lines_of_lambdakit_are_formatted_by_the_runtime(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    logging.getLogger("lambdakit").warning("careful")
    assert capsys.readouterr().out.startswith("[WARNING]\t")


@pytest.mark.parametrize(
    ("log_format", "log_level", "types"),
    [
        ("JSON", "INFO", [0xA55A000E, 0xA55A0012, 0xA55A001A]),  # JSON, and the level
        ("Text", "INFO", [0xA55A000F, 0xA55A0013, 0xA55A001B]),  # text, and the level
        ("Text", "", [0xA55A0003] * 3),
    ],
)
def test_lambdas_own_channel_gets_whole_frames(start: Start, log_format: str, log_level: str, types: list[int]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as channel:
        with bootstrap.FramedTelemetryLogSink(writing) as sink:
            start(log_format, log_level, sink)
            logged(passing)
            orders.info("half \ud800")
            orders.warning("Zoë")
            orders.log(60, "x")
        found = []
        while header := channel.read(16):
            frame_type, length, _ = struct.unpack(">IIQ", header)
            found.append((frame_type, json.loads(channel.read(length))["message"]))
    assert found == [*zip(types, ["half \ufffd", "Zoë", "x"], strict=True)]


def test_fields_of_the_function_are_read_once(start: Start, monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    start()
    logged(passing)
    orders.warning("x")
    assert lines()[0]["service"] == "f"
    assert process_fields() is process_fields()


# What nobody configured


def test_a_structlog_that_is_loaded_later_is_configured_when_the_next_invocation_starts(
    start: Start, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "structlog")
        handler = logged(calling(lambda: structlog.get_logger().info("theirs", a=1)))
    assert not structlog.is_configured()
    handler({}, FakeContext(aws_request_id="r-1"))
    (line,) = lines()
    assert (line["message"], line["a"], line["function_request_id"]) == ("theirs", 1, "r-1")


def test_a_structlog_that_the_user_configures_later_is_left_alone(
    start: Start, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "structlog")
        handler = logged(calling(lambda: structlog.get_logger().info("theirs")))
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    handler({}, None)
    assert capsys.readouterr().out == "event='theirs'\n"


@pytest.mark.parametrize("make_loud", [logged(level="DEBUG"), logged(sample_debug=1)], ids=["level", "sampled"])
def test_the_level_of_the_standard_library_follows_the_invocation(start: Start, lines: Lines, make_loud: Any) -> None:
    start()

    def body(event: Any, context: Any) -> None:
        orders.debug("debug")
        orders.info("info")

    quiet, loud = logged(body), make_loud(body)
    for handler in (loud, quiet, loud):
        handler({}, None)
    assert [line["message"] for line in lines()] == ["debug", "info", "info", "debug", "info"]
    assert root.level == logging.DEBUG
    quiet({}, None)
    assert root.level == logging.INFO  # so that no record is made which nobody writes


def test_an_inner_application_does_not_silence_the_outer(start: Start, lines: Lines) -> None:
    start()

    @logged(level="ERROR")
    def inner(event: Any, context: Any) -> None:
        orders.info("inner")

    @logged(level="DEBUG")
    def outer(event: Any, context: Any) -> None:
        inner(event, context)
        orders.debug("outer")

    outer({}, None)
    assert [line["message"] for line in lines()] == ["outer"]


def test_a_level_that_the_user_sets_later_is_left_alone(start: Start) -> None:
    start()
    handler = logged(level="DEBUG")(passing)
    logged(passing)({}, None)
    root.setLevel(logging.ERROR)
    handler({}, None)
    assert root.level == logging.ERROR


def test_lines_of_the_standard_library_are_kept_until_an_error(start: Start, lines: Lines) -> None:
    start("JSON")

    @logged(buffer="DEBUG")
    def handler(event: Any, context: Any) -> None:
        orders.debug("kept %d", 1, extra={"size": 3})
        log.debug("kept", of="log")
        orders.info("written")
        if event:
            orders.error("wrong")

    handler(False, None)
    assert [line["message"] for line in lines()] == ["written"]
    handler(True, None)
    found = lines()
    assert [line["message"] for line in found] == ["written", "kept 1", "kept", "wrong"]
    assert (found[1]["level"], found[1]["logger"], found[1]["size"]) == ("DEBUG", "orders", 3)


def test_lines_of_the_standard_library_are_redacted_and_have_the_names_that_were_chosen(
    start: Start, lines: Lines
) -> None:
    start()
    logged(schema="otel")(passing)
    orders.warning("outside", extra={"token": "t"})
    (line,) = lines()
    assert (line["body"], line["attributes"], line["instrumentation_scope"]) == (
        "outside",
        {"token": "[redacted]"},
        {"name": "orders"},
    )


def test_warnings_are_lines(start: Start, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warnings, "showwarning", warnings._showwarning_orig)  # type: ignore[attr-defined]
    start()
    logged(passing)
    warnings.showwarning(DeprecationWarning("old"), DeprecationWarning, "app.py", 7)
    (line,) = lines()
    assert (line["level"], line["message"], line["logger"]) == ("WARN", "old", "py.warnings")
    assert (line["category"], line["file"], line["line"]) == ("DeprecationWarning", "app.py", 7)
    stream = io.StringIO()
    warnings.showwarning(UserWarning("x"), UserWarning, "app.py", 7, stream, "code")
    assert stream.getvalue() == "app.py:7: UserWarning: x\n  code\n"


def test_hooks_of_the_user_are_left_alone(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def own(*args: Any) -> None:
        """Someone's hook."""

    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, hook, own)
    start()
    logged(passing)
    hooks: list[Any] = [sys.excepthook, threading.excepthook, warnings.showwarning]
    assert hooks == [own] * 3


def test_an_error_that_ends_a_thread_is_a_line(start: Start, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    start()

    def fail(error: BaseException) -> None:
        raise error

    @logged
    def handler(event: Any, context: Any) -> None:
        for error in (ValueError("no"), SystemExit()):
            thread = threading.Thread(target=fail, args=[error], name="worker")
            thread.start()
            thread.join()

    handler({}, None)
    (line,) = lines()
    assert (line["level"], line["thread"], line["exception"]["message"]) == ("ERROR", "worker", "no")


def test_an_error_that_ends_the_process_is_a_line(start: Start, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    start()
    logged(passing)
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        sys.excepthook(KeyboardInterrupt, error, error.__traceback__)
    (line,) = lines()
    assert (line["level"], line["exception"]["type"]) == ("FATAL", "KeyboardInterrupt")
    assert line["exception"]["stack"]
