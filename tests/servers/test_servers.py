"""The real servers: each answers, gives every test a place of its own, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import _process
from tests.servers._process import ROOT, ServerError, find_program, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.dynalite import DynaliteServer
    from tests.servers.moto import MotoServer
    from tests.servers.postgres import PostgresServer
    from tests.servers.redis import RedisServer

READY_AND_WAITING = "echo is ready; exec sleep 3600"


def shell(script: str) -> Any:
    return lambda port: ["/bin/sh", "-c", script]


def wait_until_empty(directory: Path) -> None:
    bound, pause = monotonic() + 20, threading.Event()
    while list(directory.iterdir()):
        assert monotonic() < bound, "the files of the server are still there"
        pause.wait(0.005)


def count_puts(server: DynaliteServer | MotoServer) -> int:
    """Make a table, put an item twice if it is not there, and say how many of the puts were done."""
    table = server.new_table_name()
    done = 0
    with server.client() as client:
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for _ in range(2):
            try:
                client.put_item(
                    TableName=table, Item={"id": {"S": "1"}}, ConditionExpression="attribute_not_exists(id)"
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue
            done += 1
    return done


def test_redis_answers_and_gives_each_test_a_database(redis_server: RedisServer) -> None:
    first, second = redis_server.new_url(), redis_server.new_url()
    with redis_server.client(first) as one, redis_server.client(second) as other:
        one.set("key", "value")
        assert (one.get("key"), other.get("key")) == (b"value", None)
    with redis_server.client() as client:
        assert client.ping()


def test_postgres_answers_and_gives_each_test_a_schema(postgres_server: PostgresServer) -> None:
    first, second = postgres_server.new_dsn(), postgres_server.new_dsn()
    for dsn in (first, second):
        with postgres_server.connection(dsn) as connection:
            connection.execute("CREATE TABLE things (id int)")
            connection.execute("INSERT INTO things VALUES (1)")
            assert connection.execute("SELECT count(*) FROM things").fetchone() == (1,)
    with postgres_server.connection() as connection:
        assert connection.execute("SELECT to_regclass('things')").fetchone() == (None,)


def test_dynalite_answers_and_gives_each_test_a_table(dynalite_server: DynaliteServer) -> None:
    assert [count_puts(dynalite_server) for _ in range(2)] == [1, 1]


def test_moto_answers_and_gives_each_test_a_table(moto_server: MotoServer) -> None:
    assert [count_puts(moto_server) for _ in range(2)] == [1, 1]
    with moto_server.client(service="sqs") as sqs:
        assert sqs.create_queue(QueueName="queue")["QueueUrl"].startswith(moto_server.url)


def test_clients_that_users_make_find_the_server(
    dynalite_server: DynaliteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3  # type: ignore[import-untyped]

    for name, value in dynalite_server.environment().items():
        monkeypatch.setenv(name, value)
    client = boto3.Session().client("dynamodb")
    assert client.meta.endpoint_url == dynalite_server.url
    client.list_tables()
    client.close()


def test_moto_handles_one_request_at_a_time() -> None:
    from tests.servers._moto_app import OneAtATime

    inside, most, pause = [0], [0], threading.Event()

    def application(environ: Any, start_response: Any) -> list[bytes]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        pause.wait(0.02)  # which lets the others in, if anything does
        inside[0] -= 1
        return [b"done"]

    one_at_a_time = OneAtATime(application)
    threads = [threading.Thread(target=one_at_a_time, args=({}, lambda *_: None)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_server_that_does_not_start_says_why() -> None:
    with (
        pytest.raises(ServerError, match=r"sh did not start. It wrote:\nno space left"),
        running(shell("echo no space left >&2; exit 3"), ready="is ready"),
    ):
        pass


def test_a_server_that_is_not_ready_in_time_says_what_it_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process, "_START", 0.2)
    with (
        pytest.raises(ServerError, match=r"sh was not ready within 0.2 s"),
        running(shell("echo still busy; exec sleep 3600"), ready="is ready"),
    ):
        pass


def test_a_server_whose_port_another_process_took_is_started_on_another() -> None:
    ports: list[int] = []

    def command(port: int) -> list[str]:
        ports.append(port)
        script = READY_AND_WAITING if len(ports) == 3 else "echo bind: Address already in use; exit 1"
        return ["/bin/sh", "-c", script]

    with running(command, ready="is ready") as port:
        assert port == ports[-1]
        assert len(ports) == 3


def test_a_server_that_ends_by_itself_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with (
        pytest.raises(ServerError, match=r"ended while the tests still needed it(.|\n)*out of memory"),
        running(shell("echo is ready; echo out of memory"), ready="is ready"),
    ):
        wait_until_empty(tmp_path)


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(ServerError, match="no-such-server is not installed: run `make parts`"):
        find_program("no-such-server")


def test_a_server_is_stopped_and_its_files_are_removed_when_a_test_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def fail() -> None:
        with running(shell(f"touch file; {READY_AND_WAITING}"), ready="is ready"):
            assert len(list(tmp_path.glob("*/file"))) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_server_does_not_outlive_the_process_of_the_tests(tmp_path: Path, ending: signal.Signals) -> None:
    script = """
        import signal
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where a shell starts all of this with &
        from tests.servers.redis import running_redis
        with running_redis() as server:
            print(server.port, flush=True)
            input()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            assert len(list(tmp_path.iterdir())) == 1
            process.send_signal(ending)
            assert connection.recv(1) == b""  # the server has ended
    wait_until_empty(tmp_path)
