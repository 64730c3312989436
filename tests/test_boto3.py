"""The clients of boto3 that lambdakit makes for itself."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped]
import pytest

from lambdakit import _boto3

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def session() -> Any:
    """One for all tests: the first client of a session takes long."""
    return boto3.Session()


@pytest.fixture(autouse=True)
def no_clients(session: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    monkeypatch.setattr(_boto3, "_clients", {})
    yield
    for client in _boto3._clients.values():
        client.close()


def test_a_client_is_made_once_for_each_service_region_and_number_of_attempts() -> None:
    assert not _boto3.is_loaded()
    client = _boto3.client("sqs")
    assert _boto3.is_loaded()
    assert _boto3.client("sqs") is client
    assert client.meta.region_name == "eu-central-1"
    assert _boto3.client("sqs", "us-east-1").meta.region_name == "us-east-1"
    assert _boto3.client("sqs", attempts=2).meta.config.retries["total_max_attempts"] == 2
    assert _boto3.client("dynamodb").meta.service_model.service_name == "dynamodb"


def test_threads_that_ask_at_once_get_one_client() -> None:
    start = Barrier(8)

    def ask(_: int) -> Any:
        start.wait()
        return _boto3.client("sqs")

    with ThreadPoolExecutor(8) as pool:
        assert len({id(client) for client in pool.map(ask, range(8))}) == 1


def test_a_client_gives_up_in_time_for_lambda() -> None:
    config = _boto3.client("sqs").meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 3)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert config.tcp_keepalive
    assert config.max_pool_connections == 50


def test_a_child_process_makes_clients_of_its_own_and_leaves_its_parents_alone() -> None:
    code = (
        "import os\n"
        "from lambdakit import _boto3\n"
        "class Client:\n"
        "    def __del__(self): print('closed in', 'parent' if os.getpid() == parent else 'child', flush=True)\n"
        "parent = os.getpid()\n"
        "_boto3._clients['sqs', None, 3] = Client()\n"
        "_boto3._making.acquire()\n"  # another thread was making one
        "if child := os.fork():\n"
        "    os.waitpid(child, 0)\n"
        "    print(len(_boto3._clients), flush=True)\n"
        "    _boto3._clients.clear()\n"
        "else:\n"
        "    print(len(_boto3._clients), _boto3._making.locked(), flush=True)\n"
        "    os._exit(0)\n"
    )
    shown = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown.splitlines() == ["0 False", "1", "closed in parent"]
