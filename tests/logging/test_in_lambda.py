"""Logs under AWS's own runtime client, in a process of their own."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Literal

import pytest

from lambdakit.testing import InitError, LocalRuntime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    App = Callable[[str], Path]

FORMATS: tuple[Literal["Text", "JSON"], ...] = ("Text", "JSON")

ORDERS = """
    import logging

    import structlog
    from lambdakit import bind, log, logged

    third = structlog.get_logger("third")
    stdlib = logging.getLogger("stdlib")
    log.info("import")

    @logged(service="orders")
    {kind} handler(event, context):
        log.info("own", number=event["number"])
        bind(**{{"order": event["number"], f"only_{{event['number']}}": True}})
        third.info("structlog")
        stdlib.info("standard %s", "library", extra={{"size": 3}})
        logging.getLogger("lambdakit").warning("from within")
        for write in (log.debug, third.debug, stdlib.debug):
            write("dropped")
        if event.get("fail"):
            raise ValueError("no")
        return "done"
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Writes a module, app.py, and gives the directory that is deployed."""

    def write(source: str) -> Path:
        (tmp_path / "app.py").write_text(dedent(source), encoding="utf-8")
        return tmp_path

    return write


def parsed(lines: Iterable[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("log_format", FORMATS)
def test_every_line_is_there_once_with_the_fields_of_its_invocation(
    app: App, log_format: Literal["Text", "JSON"], kind: str
) -> None:
    with LocalRuntime(
        "app.handler",
        task_root=app(ORDERS.format(kind=kind)),
        function_name="orders-function",
        function_version="7",
        memory=256,
        log_format=log_format,
    ) as runtime:
        (at_import,) = parsed(runtime.init_logs)
        outcomes = [runtime.invoke({"number": number}, tenant_id=f"t-{number}") for number in range(3)]

    assert (at_import["message"], at_import["service"]) == ("import", "orders-function")
    assert "function_request_id" not in at_import
    for number, outcome in enumerate(outcomes):
        assert outcome.result == "done"
        lines = parsed(outcome.logs)
        assert [(line["level"], line["message"], line.get("logger")) for line in lines] == [
            ("INFO", "own", None),
            ("INFO", "structlog", "third"),
            ("INFO", "standard library", "stdlib"),
            ("WARN", "from within", "lambdakit"),
        ]
        for line in lines:
            assert line["service"] == "orders"
            assert line["function_request_id"] == outcome.request_id
            assert line["cold_start"] is (number == 0)
            assert line["function_name"] == "orders-function"
            assert line["function_version"] == "7"
            assert line["function_memory_size"] == 256
            assert line["tenant_id"] == f"t-{number}"
            assert line["trace_id"].startswith("1-")
        assert len({line["trace_id"] for line in lines}) == 1
        assert "order" not in lines[0]
        for line in lines[1:]:
            assert line["order"] == number
            assert [name for name in line if name.startswith("only_")] == [f"only_{number}"]
        assert lines[2]["size"] == 3


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("log_format", FORMATS)
def test_an_error_is_logged_once_beside_the_runtimes_own_report(
    app: App, log_format: Literal["Text", "JSON"], kind: str
) -> None:
    with LocalRuntime("app.handler", task_root=app(ORDERS.format(kind=kind)), log_format=log_format) as runtime:
        outcome = runtime.invoke({"number": 1, "fail": True})
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.message) == ("ValueError", "no")
    *before, ours, theirs = outcome.logs
    assert len(before) == 4
    line = json.loads(ours)
    assert (line["level"], line["message"], line["order"]) == ("ERROR", "the handler failed", 1)
    assert line["exception"]["type"] == "ValueError"
    assert line["exception"]["stack"][-1]["function"] == "handler"
    assert theirs.startswith("[ERROR] ValueError: no" if log_format == "Text" else '{"timestamp"')


LEVELS = {"TRACE": "tdiwef", "DEBUG": "diwef", "INFO": "iwef", "WARN": "wef", "ERROR": "ef", "FATAL": "f"}
NAMES = {name[0].lower(): name for name in LEVELS}


@pytest.mark.parametrize(
    ("log_format", "variables", "log_level", "written"),
    [
        ("Text", {}, None, "iwef"),
        *[("Text", {"LOG_LEVEL": level}, None, written) for level, written in LEVELS.items()],
        *[("JSON", {}, level, written) for level, written in LEVELS.items()],
        ("JSON", {"LOG_LEVEL": "DEBUG"}, None, "diwef"),
        ("JSON", {"LOG_LEVEL": "ERROR"}, "INFO", "ef"),
        ("JSON", {"LOG_LEVEL": "DEBUG"}, "WARN", "wef"),
    ],
)
def test_the_level_is_the_same_for_every_logger(
    app: App, log_format: Literal["Text", "JSON"], variables: dict[str, str], log_level: Any, written: str
) -> None:
    source = """
        import logging

        import structlog
        from lambdakit import log, logged

        @logged
        def handler(event, context):
            for logger in (log, structlog.get_logger(), logging.getLogger("stdlib")):
                logger.log(5, "t")
                logger.debug("d")
                logger.info("i")
                logger.warning("w")
                logger.error("e")
                logger.critical("f")
    """
    with LocalRuntime(
        "app.handler", task_root=app(source), environment=variables, log_format=log_format, log_level=log_level
    ) as runtime:
        outcome = runtime.invoke({})
    found = [(line["message"], line["level"]) for line in parsed(outcome.logs)]
    assert found == [(letter, NAMES[letter]) for letter in written] * 3


def test_a_level_that_is_not_known_is_told_and_does_not_stop_the_function(app: App) -> None:
    source = """
        from lambdakit import log, logged

        @logged
        def handler(event, context):
            log.info("x")
            return 1
    """
    with LocalRuntime(
        "app.handler", task_root=app(source), environment={"LOG_LEVEL": "LOUD"}, log_format="JSON"
    ) as runtime:
        (warning,) = parsed(runtime.init_logs)
        outcome = runtime.invoke({})
    assert warning["message"].startswith("the log level 'LOUD' is not known")
    assert outcome.result == 1
    assert len(outcome.logs) == 1


def test_lines_of_a_batch_tell_the_record(app: App) -> None:
    source = """
        import logging

        from lambdakit import log, logged, sqs_batch

        @logged
        @sqs_batch
        def handler(message, context):
            log.info("own")
            logging.getLogger("stdlib").warning("stdlib")
            if message["body"] == "bad":
                raise ValueError("bad")
    """
    records = [{"messageId": name, "body": name, "eventSource": "aws:sqs"} for name in ("good", "bad")]
    with LocalRuntime("app.handler", task_root=app(source)) as runtime:
        outcome = runtime.invoke({"Records": records})
    assert outcome.result == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    found = [(line["message_id"], line.get("logger")) for line in parsed(outcome.logs)]
    assert found == [
        ("good", None),
        ("good", "stdlib"),
        ("bad", None),
        ("bad", "stdlib"),
        ("bad", "lambdakit.batch"),
    ]


def test_a_users_own_configuration_wins(app: App) -> None:
    source = """
        import logging

        import structlog
        from lambdakit import log, logged

        structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
        logging.getLogger().setLevel("INFO")

        @logged
        def handler(event, context):
            log.info("own")
            structlog.get_logger().info("theirs")
            logging.getLogger("stdlib").info("stdlib")
    """
    with LocalRuntime("app.handler", task_root=app(source)) as runtime:
        outcome = runtime.invoke({})
    own, theirs, stdlib = outcome.logs
    assert json.loads(own)["message"] == "own"
    assert theirs == "event='theirs'"
    assert stdlib.startswith("[INFO]\t")


def test_a_restored_snapshot_logs_as_usual(app: App) -> None:
    with LocalRuntime(
        "app.handler", task_root=app(ORDERS.format(kind="def")), initialization_type="snap-start"
    ) as runtime:
        outcome = runtime.invoke({"number": 1})
    assert [line["message"] for line in parsed(outcome.logs)] == ["own", "structlog", "standard library", "from within"]


ASYNC_WORK = """
    async def handler(event, context):
        begin(event)

        async def task():
            with bound(part=event):
                await asyncio.sleep(0)
                log.info("task")

        await asyncio.gather(task(), asyncio.to_thread(log.info, "thread"), blocking(log.info, "blocking"))
        log.info("end")
"""
PLAIN_WORK = """
    def handler(event, context):
        begin(event)

        def task():
            with bound(part=event):
                log.info("task")

        for function in (task, partial(log.info, "thread"), partial(log.info, "blocking")):
            pool.submit(copy_context().run, function).result()
        log.info("end")
"""


@pytest.mark.parametrize("work", [PLAIN_WORK, ASYNC_WORK], ids=["threads", "tasks"])
@pytest.mark.parametrize("log_format", FORMATS)
def test_a_thousand_invocations_with_threads_and_tasks_leak_nothing(
    app: App, log_format: Literal["Text", "JSON"], work: str
) -> None:
    source = """
        import asyncio
        import logging
        from concurrent.futures import ThreadPoolExecutor
        from contextvars import copy_context
        from functools import partial

        import structlog
        from lambdakit import bind, blocking, bound, log, logged

        pool = ThreadPoolExecutor(2)

        def begin(event):
            log.info("start")
            bind(**{f"only_{event}": event})
            log.debug("kept, and dropped")
            logging.getLogger("stdlib").debug("kept, and dropped")
            logging.getLogger("stdlib").info("stdlib")
            structlog.get_logger().info("structlog")

        @logged(buffer="DEBUG")
    """
    with LocalRuntime("app.handler", task_root=app(dedent(source) + dedent(work)), log_format=log_format) as runtime:
        for number in range(1000):
            outcome = runtime.invoke(number)
            lines = {line["message"]: line for line in parsed(outcome.logs)}
            assert len(outcome.logs) == len(lines) == 7
            assert {line["function_request_id"] for line in lines.values()} == {outcome.request_id}
            assert {line["cold_start"] for line in lines.values()} == {number == 0}
            assert [line["message"] for line in lines.values() if "part" in line] == ["task"]
            for message, line in lines.items():
                only = [name for name in line if name.startswith("only_")]
                assert only == ([] if message == "start" else [f"only_{number}"])


def test_nothing_heavy_is_loaded_for_logs(app: App) -> None:
    source = """
        import sys
        before = {*sys.modules}
        from lambdakit import log, logged

        @logged
        def handler(event, context):
            log.info("x")
            return sorted({name.partition(".")[0] for name in {*sys.modules} - before})
    """
    with LocalRuntime("app.handler", task_root=app(source)) as runtime:
        loaded: Any = runtime.invoke({}).result
    assert not {"structlog", "asyncio", "inspect", "dataclasses", "pydantic"}.intersection(loaded)


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("log_format", FORMATS)
def test_what_is_kept_is_written_with_an_error_only(app: App, log_format: Literal["Text", "JSON"], kind: str) -> None:
    source = f"""
        import logging

        from lambdakit import log, logged

        @logged(buffer="DEBUG")
        {kind} handler(event, context):
            log.debug("kept", number=event)
            logging.getLogger("stdlib").debug("kept", extra={{"number": event}})
            log.info("written", number=event)
            if event == 2:
                raise ValueError("no")
    """
    with LocalRuntime("app.handler", task_root=app(source), log_format=log_format, log_level=None) as runtime:
        outcomes = [runtime.invoke(number) for number in (1, 2, 3)]
    found = [[(line["message"], line.get("number")) for line in parsed(outcome.logs[:4])] for outcome in outcomes]
    assert found == [
        [("written", 1)],
        [("written", 2), ("kept", 2), ("kept", 2), ("the handler failed", None)],
        [("written", 3)],
    ]


def test_what_nobody_caught_is_a_line(app: App) -> None:
    source = """
        import threading
        import warnings

        from lambdakit import logged

        class Suspended(BaseException):
            pass

        def fail():
            raise ValueError("no")

        @logged(service="orders")
        def handler(event, context):
            if event:
                raise Suspended
            warnings.warn("old", UserWarning)
            thread = threading.Thread(target=fail, name="worker")
            thread.start()
            thread.join()
    """
    with LocalRuntime("app.handler", task_root=app(source)) as runtime:
        warned, failed = parsed(runtime.invoke({}).logs)
        ended = runtime.invoke({"end": True})
    assert (warned["level"], warned["message"], warned["logger"]) == ("WARN", "old", "py.warnings")
    assert (warned["category"], warned["service"]) == ("UserWarning", "orders")
    assert (failed["level"], failed["thread"], failed["exception"]["message"]) == ("ERROR", "worker", "no")
    (fatal,) = parsed(ended.logs)
    assert (fatal["level"], fatal["exception"]["type"]) == ("FATAL", "app.Suspended")
    assert ended.error is not None
    assert ended.error.type == "Runtime.ExitError"


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_start_that_fails_is_told_in_lines_that_are_one_event_each(
    app: App, log_format: Literal["Text", "JSON"]
) -> None:
    source = """
        from lambdakit import logged

        @logged
        def handler(event, context):
            pass

        raise ValueError("no")
    """
    with pytest.raises(InitError) as caught, LocalRuntime("app.handler", task_root=app(source), log_format=log_format):
        pass
    ours, theirs = caught.value.logs
    assert json.loads(ours)["level"] == "WARN"
    if log_format == "JSON":
        line = json.loads(theirs)
        assert (line["level"], line["errorType"], line["errorMessage"]) == ("ERROR", "ValueError", "no")
    else:
        assert theirs.startswith("[ERROR] ValueError: no\r")


def test_a_line_that_is_too_long_comes_whole(app: App) -> None:
    source = """
        from lambdakit import log, logged

        @logged
        def handler(event, context):
            log.info("long", text="a" * event["size"], small=1)
    """
    with LocalRuntime("app.handler", task_root=app(source)) as runtime:
        for size in (60_000, 200_000, 1_000_000):
            (text,) = runtime.invoke({"size": size}).logs
            line = json.loads(text)
            assert len(text) < 262_119
            assert (line["message"], line["small"]) == ("long", 1)
            assert ("truncated_from" in line) is (size == 1_000_000)


def test_memory_stays_flat_over_a_hundred_thousand_lines(app: App) -> None:
    source = """
        import logging
        import resource

        from lambdakit import bound, log, logged

        stdlib = logging.getLogger("stdlib")

        @logged(buffer="DEBUG", sample_debug=0.0)
        def handler(event, context):
            for number in range(250):
                with bound(number=number):
                    log.info("written", **{f"name_{event}_{number}": number})
                    stdlib.info("written")
                    log.debug("kept", token="t")
                    stdlib.debug("kept")
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    """
    with LocalRuntime("app.handler", task_root=app(source), timeout=60) as runtime:
        outcomes = [runtime.invoke(number) for number in range(100)]
    assert {len(outcome.logs) for outcome in outcomes} == {500}
    used: list[Any] = [outcome.result for outcome in outcomes]
    assert used[-1] - used[10] < 1024  # KiB
