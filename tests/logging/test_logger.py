"""`log`: used as structlog's bound logger, and what becomes of its lines."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.typing import BindableLogger, FilteringBoundLogger

from lambdakit import bind, bound, log, logged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.logging.conftest import Lines

NAMES = st.text(st.characters(codec=None)) | st.sampled_from(
    [
        "timestamp",
        "level",
        "message",
        "message_",
        "exception",
        "event",
        "self",
        "exc_info",
        "stack_info",
        "args",
        "name",
    ]
)
FIELDS = st.dictionaries(NAMES, st.none() | st.integers() | st.floats() | st.text(st.characters(codec=None)))
anything: Any = log
"""The logger, where a test gives it what a type checker would refuse."""


class Recorder(io.StringIO):
    """A stream that keeps each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str, /) -> int:
        self.writes.append(text)
        return super().write(text)


def test_it_works_outside_an_invocation_and_with_no_configuration(lines: Lines) -> None:
    log.info("hello", a=1)
    (line,) = lines()
    assert line.keys() == {"timestamp", "level", "message", "a"}
    assert (line["level"], line["message"], line["a"]) == ("INFO", "hello", 1)


def test_outside_an_invocation_a_line_tells_the_function(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    log.info("import")
    (line,) = lines()
    del line["timestamp"]
    assert line == {
        "level": "INFO",
        "message": "import",
        "service": "f",
        "function_name": "f",
        "function_version": "7",
        "function_memory_size": 128,
    }


def test_the_timestamp_is_utc_in_milliseconds(lines: Lines) -> None:
    before = datetime.now(UTC)
    log.info("x")
    text = lines()[0]["timestamp"]
    assert len(text) == len("2026-01-02T03:04:05.006Z")
    assert text.endswith("Z")
    assert before - timedelta(milliseconds=1) <= datetime.fromisoformat(text) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("method", "level"),
    [
        ("info", "INFO"),
        ("msg", "INFO"),
        ("warning", "WARN"),
        ("warn", "WARN"),
        ("error", "ERROR"),
        ("err", "ERROR"),
        ("exception", "ERROR"),
        ("critical", "FATAL"),
        ("fatal", "FATAL"),
    ],
)
def test_each_method_writes_its_level(method: str, level: str, lines: Lines) -> None:
    getattr(log, method)("x", a=1)
    assert [(line["level"], line["a"]) for line in lines()] == [(level, 1)]


@pytest.mark.parametrize(
    "method", ["ainfo", "amsg", "awarning", "awarn", "aerror", "aexception", "acritical", "afatal"]
)
def test_async_methods_write_at_once(method: str, lines: Lines) -> None:
    asyncio.run(getattr(log, method)("x", a=1))
    assert [line["a"] for line in lines()] == [1]


def test_a_level_can_be_given_by_number(lines: Lines) -> None:
    log.log(25, "a %s", 1)
    log.log(10, "dropped")
    asyncio.run(log.alog(40, "b"))
    assert [(line["level"], line["message"]) for line in lines()] == [("INFO", "a 1"), ("ERROR", "b")]


def test_what_is_below_the_level_is_not_written(lines: Lines) -> None:
    class Unused:
        def __str__(self) -> str:
            msg = "nothing is made of a line that is not written"
            raise AssertionError(msg)

    log.debug("%s", Unused(), value=Unused())
    asyncio.run(log.adebug("x"))
    assert lines() == []
    assert not log.is_enabled_for(10)
    assert log.is_enabled_for(20)
    assert log.get_effective_level() == 20


def test_a_bound_logger_follows_the_level_of_the_invocation(lines: Lines) -> None:
    own = log.bind(component="db")

    @logged(level="DEBUG")
    def handler(event: Any, context: Any) -> None:
        own.debug("x")

    handler({}, None)
    own.debug("dropped")
    assert [line["component"] for line in lines()] == ["db"]


def test_a_logger_binds_and_unbinds_fields_of_its_own(lines: Lines) -> None:
    own = log.bind(a=1, b=2)
    own.info("x", b=3)
    own.unbind("a").info("y")
    own.new(c=4).info("z")
    log.info("none")
    found = [{name: line[name] for name in "abc" if name in line} for line in lines()]
    assert found == [{"a": 1, "b": 3}, {"b": 2}, {"c": 4}, {}]


def test_the_nearest_field_wins(lines: Lines) -> None:
    with bound(a="bound", b="bound", c="bound"):
        log.bind(b="logger", c="logger").info("x", c="line")
    (line,) = lines()
    assert (line["a"], line["b"], line["c"]) == ("bound", "logger", "line")


def test_positional_arguments_are_put_into_the_message(lines: Lines) -> None:
    log.info("%s of %s", 1, 2)
    log.info("%(a)s", {"a": 1})
    log.info("100 %")
    assert [line["message"] for line in lines()] == ["1 of 2", "1", "100 %"]


def test_arguments_that_do_not_fit_are_kept_as_a_field(lines: Lines) -> None:
    log.info("%s of %s", 1)
    log.info("%d", "x")
    assert [(line["message"], line["args"]) for line in lines()] == [("%s of %s", [1]), ("%d", ["x"])]


def test_a_message_may_be_an_object(lines: Lines) -> None:
    anything.info({"a": 1})
    anything.info(None)
    assert [line["message"] for line in lines()] == [{"a": 1}, None]


def test_a_field_may_have_any_name(lines: Lines) -> None:
    anything.info("x", event={"a": 1}, self=2, method_name=3, name=4, fields=5)
    (line,) = lines()
    assert (line["event"], line["self"], line["method_name"], line["name"], line["fields"]) == ({"a": 1}, 2, 3, 4, 5)


def test_a_field_cannot_take_the_place_of_what_lambda_reads(lines: Lines) -> None:
    with bound(timestamp="then"):
        log.bind(message_="free").info("x", level="high", message="own")
    (line,) = lines()
    assert (line["message"], line["level"]) == ("x", "INFO")
    assert line["timestamp"].endswith("Z")
    assert (line["timestamp_"], line["level_"], line["message_"], line["message__"]) == ("then", "high", "free", "own")


def test_a_field_named_exception_is_left_alone_where_there_is_none(lines: Lines) -> None:
    log.info("x", exception="text")
    log.error("y", exception="text", exc_info=ValueError("no"))
    without, with_one = lines()
    assert without["exception"] == "text"
    assert (with_one["exception_"], with_one["exception"]["message"]) == ("text", "no")


def test_an_exception_is_data(lines: Lines) -> None:
    try:
        raise ValueError("no")
    except ValueError as error:
        log.exception("a")
        log.warning("b", exc_info=True)
        log.info("c", exc_info=error)
        asyncio.run(log.aexception("d"))
    log.exception("no error")
    log.error("f", exc_info=False)
    *errors, none, without = lines()
    assert [line["exception"]["message"] for line in errors] == ["no"] * 4
    assert "exception" not in none
    assert "exception" not in without


def test_the_stack_can_be_asked_for(lines: Lines) -> None:
    log.info("x", stack_info=True)
    stack = lines()[0]["stack"]
    assert stack.splitlines()[-1].strip() == 'log.info("x", stack_info=True)'


def test_each_line_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Recorder()
    monkeypatch.setattr(sys, "stdout", stream)
    log.info("x", text="a\nb")
    log.info("y")
    assert [text.count("\n") for text in stream.writes] == [1, 1]
    assert all(text.endswith("\n") for text in stream.writes)


@pytest.mark.parametrize("size", [10, 9_000, 70_000, 1_000_000])
def test_a_line_of_any_length_is_one_write_to_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int
) -> None:
    writes: list[int] = []

    class Raw(io.FileIO):
        def write(self, data: Any, /) -> int:
            writes.append(len(data))
            return super().write(data)

    with io.TextIOWrapper(io.BufferedWriter(Raw(tmp_path / "out", "w")), encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        log.info("x", text="é" * (size // 2))
        assert len(writes) == 1
        monkeypatch.undo()


def test_each_line_is_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8"))
    log.info("é")
    assert json.loads(raw.getvalue())["message"] == "é"


def test_a_stream_that_is_not_utf_8_gets_the_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    log.info("é 😀", a="漢")
    line = json.loads(raw.getvalue().decode("ascii"))
    assert (line["message"], line["a"]) == ("é 😀", "漢")


def test_threads_write_whole_lines(lines: Lines) -> None:
    together = threading.Barrier(4)

    def work(name: int) -> None:
        together.wait(timeout=10)
        for number in range(200):
            log.info("x", thread=name, number=number, text="x" * number * 50)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    found = sorted((line["thread"], line["number"]) for line in lines())
    assert found == [(name, number) for name in range(4) for number in range(200)]


def test_a_configuration_of_structlog_is_not_used_by_log(lines: Lines) -> None:
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    try:
        log.info("x")
    finally:
        structlog.reset_defaults()
    assert lines()[0]["message"] == "x"


@given(message=st.text(st.characters(codec="utf-8")), fields=FIELDS, outer=FIELDS)
def test_any_fields_give_one_line_with_its_message(message: str, fields: dict[str, Any], outer: dict[str, Any]) -> None:
    stream = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with bound(**outer):
            anything.info(message, **fields)
    (text,) = stream.writes
    line = json.loads(text)
    assert text.count("\n") == 1
    assert (line["message"], line["level"]) == (message, "INFO")
    datetime.fromisoformat(line["timestamp"])


def test_bind_is_seen_by_functions_that_a_handler_calls(lines: Lines) -> None:
    def helper(write: Callable[..., Any]) -> None:
        write("x")

    @logged
    def handler(event: Any, context: Any) -> None:
        bind(order=1)
        helper(log.info)

    handler({}, None)
    assert lines()[0]["order"] == 1


def test_it_is_a_logger_of_structlogs_kind() -> None:
    assert isinstance(log, BindableLogger)
    assert structlog.get_context(log.bind(a=1)) == {"a": 1}
    kind = structlog.make_filtering_bound_logger(0)
    assert [name for name in vars(FilteringBoundLogger) if name[0] != "_" and not hasattr(log, name)] == []
    assert [name for name in dir(kind) if name[0] != "_" and not hasattr(log, name)] == []


def test_unbinding_what_is_not_bound_is_an_error_unless_it_is_tried() -> None:
    with pytest.raises(KeyError):
        log.unbind("a")
    assert structlog.get_context(log.bind(b=1).try_unbind("a", "b")) == {}


def test_loggers_with_the_same_fields_are_equal() -> None:
    assert log.bind(a=1) == log.bind(a=1)
    assert log.bind(a=1) != log.bind(a=2)
    assert anything != "log"
    assert repr(log.bind(a=1)) == "<Logger(context={'a': 1})>"
