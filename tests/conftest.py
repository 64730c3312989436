"""Fixtures for tests of everything that serves both kinds of handler, and servers that several tests speak to."""

from __future__ import annotations

import functools
from textwrap import dedent
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.moto_sqs import MotoSQS
    from tests.servers.dynalite import DynaliteServer
    from tests.servers.moto import MotoServer
    from tests.servers.postgres import PostgresServer
    from tests.servers.redis import RedisServer

AsKind: TypeAlias = "Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]"


@pytest.fixture(params=["plain", "async"])
def as_kind(request: pytest.FixtureRequest) -> AsKind:
    """Gives a plain function back as the kind of handler under test: once plain, once async."""
    if request.param == "plain":
        return lambda function: function

    def make_async(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @functools.wraps(function)
        async def handler(event: Any, context: Any) -> Any:
            return function(event, context)

        return handler

    return make_async


@pytest.fixture
def app(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a module, app.py, and gives the directory that is deployed."""

    def write(source: str) -> Path:
        (tmp_path / "app.py").write_text(dedent(source), encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture(scope="session")
def moto_sqs() -> Iterator[MotoSQS]:
    """moto's SQS server."""
    from tests.moto_sqs import running

    with running() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis. Take a database of your own: `new_url()`."""
    from tests.servers.redis import running_redis

    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL. Take a schema of your own: `new_dsn()`."""
    from tests.servers.postgres import running_postgres

    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def dynalite_server() -> Iterator[DynaliteServer]:
    """A DynamoDB. Take a table of your own: `new_table_name()`."""
    from tests.servers.dynalite import running_dynalite

    with running_dynalite() as server:
        yield server


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    """moto's server, in a process of its own: DynamoDB and more. Take a table of your own: `new_table_name()`."""
    from tests.servers.moto import running_moto

    with running_moto() as server:
        yield server
