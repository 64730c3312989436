"""`PostgresStore` when the network or PostgreSQL fails."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from lambdakit.stores.postgres import PostgresStore
from tests.servers.postgres import running_postgres
from tests.servers.proxy import Proxy
from tests.stores.postgres_table import (
    KEY,
    OTHER,
    OWNER,
    backends,
    claim,
    connected,
    schema_with_table,
    terminate,
    wait_until_blocked,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.postgres import PostgresServer


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[Proxy]:
    with Proxy(postgres_server.port) as proxy:
        yield proxy


@pytest.fixture
def dsn(postgres_server: PostgresServer) -> str:
    return schema_with_table(postgres_server)


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with connected(dsn) as connection:
        yield connection


@pytest.fixture
def store(dsn: str, proxy: Proxy) -> Iterator[PostgresStore]:
    store = PostgresStore(proxy.through(dsn))
    yield store
    store.close()


def test_a_claim_whose_reply_was_lost_is_ones_own(store: PostgresStore, proxy: Proxy) -> None:
    lost = proxy.cut_reply(when=b"INSERT INTO")
    assert claim(store) is None
    assert lost.struck == 1
    assert claim(store, OTHER).owner == OWNER


def test_a_completion_whose_reply_was_lost_is_a_success(store: PostgresStore, proxy: Proxy) -> None:
    claim(store)
    lost = proxy.cut_reply(when=b"UPDATE")
    assert store.complete(KEY, OWNER, "1", expires_after=60)
    assert lost.struck == 1
    assert claim(store, OTHER).result == "1"


def test_a_reply_that_was_cut_in_the_middle_is_asked_for_again(store: PostgresStore, proxy: Proxy) -> None:
    claim(store)
    lost = proxy.cut_reply(when=b"INSERT INTO", after=20)
    assert claim(store, OTHER).owner == OWNER
    assert lost.struck == 1


def test_a_request_that_did_not_arrive_is_sent_again(store: PostgresStore, proxy: Proxy) -> None:
    lost = proxy.cut_request(when=b"INSERT INTO")
    assert claim(store) is None
    assert lost.struck == 1


def test_a_result_of_many_megabytes_arrives(store: PostgresStore) -> None:
    """It does not go into the socket in one piece."""
    claim(store)
    result = "0123456789abcdef" * 2**20
    assert store.complete(KEY, OWNER, result, expires_after=60)
    assert claim(store, OTHER).result == result


def test_all_connections_that_were_ended_meanwhile_are_replaced(
    store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    claim(store)
    for transaction in [store.begin() for _ in range(3)]:
        transaction.roll_back()
    assert terminate(connection) == 3
    assert claim(store, OTHER).owner == OWNER
    assert len(backends(connection)) == 1
    transaction = store.begin()
    transaction.roll_back()


def test_a_transaction_begins_on_a_new_connection_if_the_old_one_was_ended(
    store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    claim(store)
    assert terminate(connection) == 1
    transaction = store.begin()
    assert transaction.complete(KEY, OWNER, "1", expires_after=60)


def test_a_server_that_is_down_is_told_and_found_again(store: PostgresStore, proxy: Proxy) -> None:
    claim(store)
    proxy.refuse()
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            store.complete(KEY, OWNER, "1", expires_after=60)
    proxy.normal()
    assert store.complete(KEY, OWNER, "1", expires_after=60)


def test_a_server_that_does_not_answer_is_not_waited_for_without_end(dsn: str, proxy: Proxy) -> None:
    store = PostgresStore(proxy.through(dsn), timeout=0.2)
    claim(store)
    silent = proxy.hold(when=b"INSERT INTO")
    with pytest.raises(psycopg.OperationalError, match="did not answer in time"):
        claim(store, OTHER)
    assert silent.struck == 2
    proxy.normal()
    assert claim(store, OTHER).owner == OWNER
    store.close()


def test_a_row_that_somebody_has_locked_is_not_waited_for_without_end(
    dsn: str, connection: psycopg.Connection[Any]
) -> None:
    store = PostgresStore(dsn, timeout=0.2)
    claim(store)
    with connection.transaction():
        connection.execute("SELECT FROM lambdakit_idempotency FOR UPDATE")
        with pytest.raises(psycopg.OperationalError, match="did not answer in time"):
            claim(store, OTHER)
        wait_until_blocked(connection)  # the server itself goes on waiting
    while backends(connection):
        pass
    assert claim(store, OTHER).owner == OWNER
    store.close()


def test_an_error_of_the_server_leaves_the_connection_in_use(
    store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    claim(store)
    before = backends(connection)
    connection.execute("ALTER TABLE lambdakit_idempotency ADD CHECK (result <> 'forbidden')")
    with pytest.raises(psycopg.errors.CheckViolation, match="violates check constraint") as caught:
        store.complete(KEY, OWNER, "forbidden", expires_after=60)
    assert "forbidden" not in str(caught.value)  # no details, which would have the values of the row
    assert store.complete(KEY, OWNER, "allowed", expires_after=60)
    assert backends(connection) == before


def test_a_primary_that_became_a_replica_is_left_for_the_one_that_the_name_leads_to_now(dsn: str) -> None:
    made: list[psycopg.Connection[Any]] = []

    def connect() -> psycopg.Connection[Any]:
        made.append(psycopg.connect(dsn))
        return made[-1]

    store = PostgresStore(connect)
    claim(store)
    made[0].execute("SET default_transaction_read_only = on")
    assert store.complete(KEY, OWNER, "1", expires_after=60)
    assert [connection.closed for connection in made] == [True, False]
    store.close()


def test_a_server_that_stays_read_only_is_told(dsn: str) -> None:
    store = PostgresStore(dsn.replace("options=", "options=-cdefault_transaction_read_only%3Don%20"))
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        claim(store)
    store.close()


def test_records_and_owners_outlive_a_crash_of_the_server() -> None:
    with running_postgres() as server, server.connection() as connection:
        dsn = schema_with_table(server).replace("options=", "options=-csynchronous_commit%3Don%20")
        store = PostgresStore(dsn)
        claim(store)
        os.kill(connection.info.backend_pid, signal.SIGKILL)  # then the server recovers from its log, as after kill -9
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_sleep(60)")
        while not is_up(dsn):
            pass
        assert claim(store, OTHER).owner == OWNER
        assert store.complete(KEY, OWNER, "1", expires_after=60)
        store.close()


def is_up(dsn: str) -> bool:
    try:
        with connected(dsn):
            return True
    except psycopg.OperationalError:
        return False
