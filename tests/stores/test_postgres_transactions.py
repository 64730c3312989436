"""`PostgresStore.begin`: the user's writes and the completed record are committed together, or not at all."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from lambdakit.errors import StoreError
from lambdakit.stores.postgres import PostgresStore
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
    wait_until_free,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdakit.stores.postgres import PostgresTransaction
    from tests.servers.postgres import PostgresServer


@pytest.fixture
def dsn(postgres_server: PostgresServer) -> str:
    return schema_with_table(postgres_server)


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """Sees what is committed."""
    with connected(dsn) as connection:
        connection.execute("CREATE TABLE charges (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
        yield connection


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[Proxy]:
    with Proxy(postgres_server.port) as proxy:
        yield proxy


@pytest.fixture
def store(dsn: str, proxy: Proxy, connection: psycopg.Connection[Any]) -> Iterator[PostgresStore]:
    """With a claimed record."""
    store = PostgresStore(proxy.through(dsn))
    assert claim(store) is None
    yield store
    store.close()


@pytest.fixture
def transaction(store: PostgresStore) -> Iterator[PostgresTransaction]:
    """In which something has been written."""
    transaction = store.begin()
    transaction.connection.execute("INSERT INTO charges VALUES (1)")
    yield transaction
    transaction.roll_back()


def complete(transaction: PostgresTransaction, owner: str = OWNER) -> bool:
    return transaction.complete(KEY, owner, "1", expires_after=60)


def charges(connection: psycopg.Connection[Any]) -> list[int]:
    return [charge for (charge,) in connection.execute("SELECT id FROM charges ORDER BY id")]


def assert_committed(store: PostgresStore, connection: psycopg.Connection[Any]) -> None:
    assert charges(connection) == [1]
    assert claim(store, OTHER).result == "1"


def assert_nothing_done(store: PostgresStore, connection: psycopg.Connection[Any]) -> None:
    assert charges(connection) == []
    record = claim(store, OTHER)
    assert (record.owner, record.result) == (OWNER, None)


def test_writes_and_the_record_are_committed_together(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    assert_nothing_done(store, connection)
    assert complete(transaction)
    assert_committed(store, connection)
    transaction.roll_back()
    assert_committed(store, connection)


def test_what_is_rolled_back_leaves_nothing(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    transaction.roll_back()
    transaction.roll_back()
    assert_nothing_done(store, connection)
    assert store.complete(KEY, OWNER, "1", expires_after=60)


def test_the_connection_serves_others_after_the_end(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    for number in (2, 3, 4):
        following = store.begin()
        following.connection.execute("INSERT INTO charges VALUES (%s)", [number])
        following.roll_back()
    complete(transaction)
    store.find(KEY)
    assert len(backends(connection)) == 2


def test_a_late_owner_writes_nothing(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    claim(store, lock=0.01)
    wait_until_free(store)
    assert claim(store, OTHER) is None
    assert not complete(transaction)
    assert charges(connection) == []
    assert store.complete(KEY, OTHER, "new", expires_after=60)
    assert claim(store, "c" * 32).result == "new"


def test_an_owner_whose_lock_ended_untaken_writes(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    claim(store, lock=0.01)
    wait_until_free(store)
    assert complete(transaction)
    assert_committed(store, connection)


@pytest.mark.parametrize("lost", ["UPDATE", "COMMIT"])
def test_a_request_to_complete_or_commit_that_was_lost_leaves_nothing(
    store: PostgresStore,
    transaction: PostgresTransaction,
    connection: psycopg.Connection[Any],
    proxy: Proxy,
    lost: str,
) -> None:
    proxy.cut_request(when=lost.encode())
    with pytest.raises(psycopg.OperationalError):
        complete(transaction)
    assert_nothing_done(store, connection)


def test_a_lost_reply_to_the_commit_is_raised_and_the_next_claim_learns_the_truth(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any], proxy: Proxy
) -> None:
    lost = proxy.cut_reply(when=b"COMMIT")
    with pytest.raises(psycopg.OperationalError):
        complete(transaction)
    assert lost.struck == 1
    transaction.roll_back()
    assert_committed(store, connection)


CRASHING = """
import os, signal, sys
from lambdakit.stores.postgres import PostgresStore

transaction = PostgresStore(sys.argv[1]).begin()
transaction.connection.execute("INSERT INTO charges VALUES (1)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_after_its_writes_leaves_nothing(
    dsn: str, store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    killed = subprocess.run([sys.executable, "-c", CRASHING, dsn], check=False)
    assert killed.returncode == -9
    assert_nothing_done(store, connection)


def test_a_connection_that_was_ended_leaves_nothing(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    terminate(connection)
    with pytest.raises(psycopg.OperationalError):
        complete(transaction)
    assert_nothing_done(store, connection)


def test_what_only_the_commit_finds_wrong_leaves_nothing(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    transaction.connection.execute("INSERT INTO charges VALUES (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        complete(transaction)
    assert_nothing_done(store, connection)


def test_an_error_in_the_transaction_cannot_be_passed_over(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        transaction.connection.execute("SELECT 1 / 0")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        complete(transaction)
    assert_nothing_done(store, connection)


def test_a_savepoint_may_be_rolled_back(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any]
) -> None:
    def fail_halfway() -> None:
        with transaction.connection.transaction():
            transaction.connection.execute("INSERT INTO charges VALUES (2)")
            transaction.connection.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        fail_halfway()
    assert complete(transaction)
    assert_committed(store, connection)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_the_user_cannot_end_it_by_mistake(
    store: PostgresStore, transaction: PostgresTransaction, connection: psycopg.Connection[Any], end: str
) -> None:
    with pytest.raises(psycopg.ProgrammingError, match="forbidden within a Transaction"):
        getattr(transaction.connection, end)()
    assert complete(transaction)
    assert_committed(store, connection)


def test_a_transaction_that_was_ended_by_a_statement_completes_nothing(
    store: PostgresStore, transaction: PostgresTransaction
) -> None:
    transaction.connection.execute("COMMIT")
    with pytest.raises(StoreError, match="the transaction was over before"):
        complete(transaction)
    assert claim(store, OTHER).result is None


def test_a_transaction_ends_once(store: PostgresStore, transaction: PostgresTransaction) -> None:
    assert complete(transaction)
    with pytest.raises(StoreError, match="the transaction was over before"):
        complete(transaction)


def test_a_completion_that_is_not_answered_is_given_up(
    dsn: str, proxy: Proxy, store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    impatient = PostgresStore(proxy.through(dsn), timeout=0.2)
    transaction = impatient.begin()
    transaction.connection.execute("INSERT INTO charges VALUES (1)")
    proxy.swallow(when=b"UPDATE")
    with pytest.raises(psycopg.OperationalError, match="did not answer in time"):
        complete(transaction)
    proxy.normal()
    assert_nothing_done(store, connection)
