"""Lines below the level, kept until there is an error."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import OptionError, bind, blocking, log, logged, sqs_batch
from lambdakit.testing import FakeContext

if TYPE_CHECKING:
    from lambdakit.testing import Events
    from tests.conftest import AsKind
    from tests.logging.conftest import Lines


def test_low_levels_are_dropped_where_all_is_well(as_kind: AsKind, lines: Lines) -> None:
    @logged(buffer="DEBUG")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        log.debug("kept")
        log.warning("written")

    handler({}, None)
    assert [line["message"] for line in lines()] == ["written"]


def test_an_error_brings_them_along_as_they_were(as_kind: AsKind, lines: Lines) -> None:
    @logged(buffer="DEBUG")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        items = [1]
        log.debug("kept", items=items)
        items.append(2)
        bind(later=1)
        log.info("written")
        log.error("wrong")
        log.debug("kept again")

    handler({}, FakeContext(aws_request_id="r-1"))
    found = lines()
    assert [(line["level"], line["message"]) for line in found] == [
        ("INFO", "written"),
        ("DEBUG", "kept"),
        ("ERROR", "wrong"),
    ]
    assert (found[1]["items"], "later" in found[1], found[1]["function_request_id"]) == ([1], False, "r-1")
    assert found[1]["timestamp"] <= found[0]["timestamp"]


def test_an_error_that_escapes_brings_them_along(as_kind: AsKind, lines: Lines) -> None:
    @logged(level="WARN", buffer="TRACE")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        log.log(5, "trace")
        log.debug("debug")
        log.info("info")
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        handler({}, None)
    assert [line["message"] for line in lines()] == ["trace", "debug", "info", "the handler failed"]


def test_nothing_is_kept_for_the_next_invocation(as_kind: AsKind, lines: Lines) -> None:
    @logged(buffer="DEBUG")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        log.debug("kept", of=event)
        if event == 2:
            log.error("wrong")

    handler(1, None)
    handler(2, None)
    assert [(line["message"], line.get("of")) for line in lines()] == [("kept", 2), ("wrong", None)]


def test_the_oldest_lines_go_where_there_is_no_room_and_a_line_tells(as_kind: AsKind, lines: Lines) -> None:
    @logged(buffer="DEBUG", buffer_bytes=1000)
    @as_kind
    def handler(event: Any, context: Any) -> None:
        for number in range(100):
            log.debug("kept", number=number)
        log.error("wrong")

    handler({}, None)
    told, *kept, _ = lines()
    assert (told["level"], told["dropped"], told["buffer_bytes"]) == ("WARN", 100 - len(kept), 1000)
    assert [line["number"] for line in kept] == list(range(100 - len(kept), 100))
    assert 5 < len(kept) < 20


def test_a_line_that_is_larger_than_the_buffer_is_dropped(lines: Lines) -> None:
    @logged(buffer="DEBUG", buffer_bytes=1000)
    def handler(event: Any, context: Any) -> None:
        log.debug("kept", text="é" * 600)
        log.error("wrong")

    handler({}, None)
    assert [line.get("dropped") for line in lines()] == [1, None]


def test_threads_and_tasks_share_the_buffer_of_their_invocation(lines: Lines) -> None:
    @logged(buffer="DEBUG")
    async def handler(event: Any, context: Any) -> None:
        async def task() -> None:
            log.debug("task")

        await asyncio.create_task(task())
        await asyncio.to_thread(log.debug, "thread")
        await blocking(log.debug, "blocking")
        await asyncio.to_thread(log.error, "wrong")

    handler({}, None)
    assert [line["message"] for line in lines()] == ["task", "thread", "blocking", "wrong"]


def test_many_threads_lose_and_double_nothing(lines: Lines) -> None:
    @logged(buffer="DEBUG", buffer_bytes=10_000_000)
    def handler(event: Any, context: Any) -> None:
        def work(name: int) -> None:
            for number in range(200):
                log.debug("kept", thread=name, number=number)
                if number % 50 == 49:
                    log.error("wrong")

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(copy_context().run, work, name) for name in range(4)]:
                done.result()

    handler({}, None)
    found = [(line["thread"], line["number"]) for line in lines() if line["message"] == "kept"]
    assert sorted(found) == [(name, number) for name in range(4) for number in range(200)]


@pytest.mark.parametrize("concurrency", [1, 2])
def test_an_error_of_a_record_brings_along_its_own_lines_only(
    as_kind: AsKind, lines: Lines, events: Events, concurrency: int
) -> None:
    @logged(buffer="DEBUG")
    @sqs_batch(concurrency=concurrency)
    @as_kind
    def handler(message: Any, context: Any) -> None:
        log.debug("kept", body=message["body"])
        if message["body"] == "bad":
            log.error("wrong")

    event = events.sqs("good", "bad", "fine")
    handler(event, FakeContext())
    bad = event["Records"][1]["messageId"]
    found = [(line["message"], line["message_id"]) for line in lines()]
    assert found == [("kept", bad), ("wrong", bad)]


def test_an_inner_application_has_a_buffer_of_its_own_if_it_says_so(as_kind: AsKind, lines: Lines) -> None:
    @logged(buffer="DEBUG")
    @sqs_batch
    @logged(buffer="DEBUG")
    @as_kind
    def handler(message: Any, context: Any) -> None:
        log.debug("kept", body=message["body"])
        if message["body"] == "bad":
            raise ValueError

    records = [{"messageId": body, "body": body, "eventSource": "aws:sqs"} for body in ("good", "bad")]
    handler({"Records": records}, None)
    assert [line["body"] for line in lines()] == ["bad"]


def test_the_buffer_holds_for_an_inner_application(lines: Lines) -> None:
    def body(event: Any, context: Any) -> None:
        log.debug("kept")
        log.error("wrong")

    logged(buffer="DEBUG")(logged(service="inner")(body))({}, None)
    assert [line["message"] for line in lines()] == ["kept", "wrong"]


def test_what_is_below_the_buffer_is_not_made(lines: Lines) -> None:
    @logged(level="WARN", buffer="INFO")
    def handler(event: Any, context: Any) -> None:
        assert not log.is_enabled_for(logging.DEBUG)
        assert log.is_enabled_for(logging.INFO)
        log.debug("dropped")
        log.error("wrong")

    handler({}, None)
    assert [line["message"] for line in lines()] == ["wrong"]


def test_what_lambda_would_drop_is_not_kept(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "INFO")

    @logged(level="WARN", buffer="DEBUG")
    def handler(event: Any, context: Any) -> None:
        log.debug("dropped")
        log.info("kept")
        log.error("wrong")

    assert caplog.messages[0].startswith("logging from INFO and not from DEBUG: Lambda drops")
    handler({}, None)
    assert [line["message"] for line in lines()] == ["kept", "wrong"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"buffer": "LOUD"}, "buffer: expected TRACE, DEBUG, .* got 'LOUD'"),
        ({"buffer_bytes": 0}, "buffer_bytes: expected a number of bytes, 1 or more; got 0"),
        ({"buffer_bytes": "1k"}, "buffer_bytes: .* got '1k'"),
    ],
)
def test_a_wrong_option_is_an_error_at_import(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        logged(**options)
