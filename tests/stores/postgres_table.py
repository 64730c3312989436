"""What the tests of `PostgresStore` share: a schema with the table, and a glance at who is connected."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg

from lambdakit.stores.postgres import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.postgres import PostgresServer

KEY, OWNER, OTHER = "orders-function:app.handler#9f86d081884c7d65", "a" * 32, "b" * 32

_names = count(1)


def schema_with_table(server: PostgresServer) -> str:
    """A new schema; gives how to connect to it. Its connections are told from those of other tests by their name."""
    dsn = f"{server.new_dsn()}&application_name=test-{next(_names)}"
    store = PostgresStore(dsn)
    store.create_table()
    store.close()
    return dsn


def claim(store: PostgresStore, owner: str = OWNER, *, lock: float = 60, expires_after: float = 600) -> Any:
    return store.claim(KEY, owner, fingerprint="f", lock=lock, expires_after=expires_after)


def wait_until_free(store: PostgresStore) -> None:
    """Return once the store says that the key can be claimed."""
    while store.find(KEY) is not None:
        pass


@contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the test's own, in autocommit mode."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def backends(connection: psycopg.Connection[Any]) -> list[int]:
    """The process ids of the other connections of the same name."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = current_setting('application_name')"
    return sorted({pid for (pid,) in connection.execute(query)} - {connection.info.backend_pid})


def wait_until_blocked(connection: psycopg.Connection[Any]) -> None:
    """Return once another connection of the same name waits for a lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND application_name = current_setting('application_name')"
    )
    while connection.execute(query).fetchone() == (0,):
        pass


def terminate(connection: psycopg.Connection[Any]) -> int:
    """End the other connections of the same name, and wait until they are gone; gives how many there were."""
    pids = backends(connection)
    for pid in pids:
        connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    while backends(connection):
        pass
    return len(pids)
