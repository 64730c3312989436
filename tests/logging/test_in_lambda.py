"""Logs under AWS's own runtime client, in a process of their own."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Literal

import pytest

from lambdakit.testing import LocalRuntime

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


@pytest.mark.parametrize(
    ("variables", "log_level", "written"),
    [
        ({}, None, "iwe"),
        ({"LOG_LEVEL": "TRACE"}, None, "tdiwe"),
        ({"LOG_LEVEL": "DEBUG"}, None, "diwe"),
        ({"LOG_LEVEL": "FATAL"}, None, ""),
        ({}, "TRACE", "tdiwe"),
        ({}, "WARN", "we"),
        ({"LOG_LEVEL": "ERROR"}, "INFO", "e"),
    ],
)
def test_the_level_is_the_same_for_every_logger(
    app: App, variables: dict[str, str], log_level: Any, written: str
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
    """
    with LocalRuntime(
        "app.handler", task_root=app(source), environment=variables, log_format="JSON", log_level=log_level
    ) as runtime:
        outcome = runtime.invoke({})
    assert "".join(line["message"] for line in parsed(outcome.logs)) == written * 3


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


def test_a_thousand_invocations_with_threads_and_tasks_leak_nothing(app: App) -> None:
    source = """
        import asyncio

        from lambdakit import bind, blocking, bound, log, logged

        @logged
        async def handler(event, context):
            log.info("start")
            bind(**{f"only_{event}": event})

            async def task():
                with bound(part=event):
                    await asyncio.sleep(0)
                    log.info("task")

            await asyncio.gather(task(), asyncio.to_thread(log.info, "thread"), blocking(log.info, "blocking"))
            log.info("end")
    """
    with LocalRuntime("app.handler", task_root=app(source)) as runtime:
        for number in range(1000):
            outcome = runtime.invoke(number)
            lines = {line["message"]: line for line in parsed(outcome.logs)}
            assert len(outcome.logs) == len(lines) == 5
            assert {line["function_request_id"] for line in lines.values()} == {outcome.request_id}
            assert [line["message"] for line in lines.values() if "part" in line] == ["task"]
            for message, line in lines.items():
                only = [name for name in line if name.startswith("only_")]
                assert only == ([] if message == "start" else [f"only_{number}"])
