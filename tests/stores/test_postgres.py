"""`PostgresStore`: how it is made, its table, its connections, and claims that meet."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from lambdakit.errors import MissingExtraError, OptionError, StoreError
from lambdakit.stores import _postgres
from lambdakit.stores.postgres import PostgresStore
from tests.stores.forking import claim_around_a_fork
from tests.stores.postgres_table import (
    KEY,
    OTHER,
    OWNER,
    backends,
    claim,
    connected,
    schema_with_table,
    wait_until_blocked,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.postgres import PostgresServer


@pytest.fixture
def dsn(postgres_server: PostgresServer) -> str:
    return schema_with_table(postgres_server)


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with connected(dsn) as connection:
        yield connection


@pytest.fixture
def store(dsn: str) -> Iterator[PostgresStore]:
    store = PostgresStore(dsn)
    yield store
    store.close()


# How it is made


def test_making_one_loads_nothing_and_connects_to_nothing() -> None:
    script = """
import sys
from lambdakit.stores.postgres import PostgresStore
PostgresStore("postgresql://127.0.0.1:1/nowhere")
assert not {"psycopg", "asyncio", "ssl"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-I", "-c", script], check=True)


def test_a_missing_library_is_told_when_the_store_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"PostgresStore needs psycopg: pip install 'lambdakit\[postgres\]'"):
        PostgresStore("")


async def connect_async() -> psycopg.Connection[Any]:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        pytest.param({"connect": None}, "not a NoneType", id="nothing"),
        pytest.param({"connect": connect_async}, "not an async function", id="an async function"),
        pytest.param({"table": ""}, "not ''", id="no table"),
        pytest.param({"table": "a.b.c"}, "schema.name", id="too many parts"),
        pytest.param({"table": "a."}, "schema.name", id="an empty part"),
        pytest.param({"table": "é" * 32}, "at most 63 bytes", id="too long a name"),
        pytest.param({"table": 1}, "not 1", id="a number"),
        pytest.param({"timeout": 0}, "more than 0", id="no time"),
        pytest.param({"timeout": "3"}, "more than 0", id="text"),
    ],
)
def test_wrong_options_are_told_when_the_store_is_made(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        PostgresStore(**{"connect": "", **options})


def test_a_function_may_connect_in_any_way(dsn: str) -> None:
    store = PostgresStore(lambda: psycopg.connect(dsn, row_factory=dict_row, cursor_factory=psycopg.ClientCursor))
    store.create_table()
    assert claim(store) is None
    assert claim(store, OTHER).owner == OWNER
    transaction = store.begin()
    assert transaction.connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}
    transaction.roll_back()
    store.close()


def test_a_function_that_gives_something_else_is_told_at_the_first_step() -> None:
    store = PostgresStore(lambda: cast("psycopg.Connection[Any]", "no connection"))
    with pytest.raises(OptionError, match=r"gave a builtins\.str, not a psycopg\.Connection"):
        claim(store)


def test_its_repr_has_no_password() -> None:
    store = PostgresStore("postgresql://me:secret@127.0.0.1:1/db", table="app.records")
    assert repr(store) == "<PostgresStore 'app.records'>"


def test_time_outs_are_those_of_the_user_and_otherwise_short(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def parameters(dsn: str) -> dict[str, str]:
        with _postgres.connect(dsn) as connection:
            return connection.info.get_parameters()

    assert parameters(dsn)["connect_timeout"] == "30"
    unsaid = dsn.replace("&connect_timeout=30", "")
    found = parameters(unsaid)
    assert (found["connect_timeout"], found["tcp_user_timeout"], found["keepalives_idle"]) == ("2", "5000", "5")
    assert parameters(f"{unsaid}&tcp_user_timeout=9000")["tcp_user_timeout"] == "9000"
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "7")
    assert "connect_timeout" not in parameters(unsaid) or parameters(unsaid)["connect_timeout"] == "7"


# Its table


def test_a_missing_table_is_told_with_what_to_do(postgres_server: PostgresServer) -> None:
    store = PostgresStore(postgres_server.new_dsn())
    with pytest.raises(StoreError, match=r'no table "lambdakit_idempotency" as it must be.*create_table\(\)'):
        claim(store)
    store.close()


def test_a_table_of_another_shape_is_told(store: PostgresStore, connection: psycopg.Connection[Any]) -> None:
    connection.execute("ALTER TABLE lambdakit_idempotency RENAME COLUMN owner TO proprietor")
    with pytest.raises(StoreError, match=r"as it must be.*column .*owner.* does not exist"):
        claim(store)


def test_creating_the_table_again_changes_nothing(store: PostgresStore) -> None:
    claim(store)
    store.create_table()
    assert claim(store, OTHER).owner == OWNER


def test_many_may_create_the_table_at_once(postgres_server: PostgresServer) -> None:
    store = PostgresStore(postgres_server.new_dsn())
    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(store.create_table) for _ in range(8)]:
            future.result()
    assert claim(store) is None
    store.close()


HOW_TO = Path(__file__).parents[2] / "docs/how-to/idempotency-postgres.md"
TABLE, GRANTS, _ = re.findall(r"^```sql\n(.*?)^```", HOW_TO.read_text(), re.DOTALL | re.MULTILINE)


def shape(connection: psycopg.Connection[Any]) -> list[Any]:
    """The columns and indexes of the table."""
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull, attcollation::regcollation::text "
        "FROM pg_attribute WHERE attrelid = 'lambdakit_idempotency'::regclass AND attnum > 0 ORDER BY attnum"
    ).fetchall()
    indexes = connection.execute(
        "SELECT replace(pg_get_indexdef(indexrelid), current_schema, '') "
        "FROM pg_index WHERE indrelid = 'lambdakit_idempotency'::regclass ORDER BY 1"
    ).fetchall()
    return [*columns, *indexes]


def test_the_sql_of_the_how_to_makes_the_same_table(
    connection: psycopg.Connection[Any], postgres_server: PostgresServer
) -> None:
    with connected(postgres_server.new_dsn()) as by_hand:
        by_hand.execute(cast("Any", TABLE))
        assert shape(by_hand) == shape(connection)
        assert len(shape(by_hand)) == 8


def test_the_function_needs_no_more_privileges_than_the_how_to_says(
    dsn: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(cast("Any", GRANTS))
    ((schema,),) = connection.execute("SELECT current_schema").fetchall()
    try:
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO orders_function").format(sql.Identifier(schema)))
        store = PostgresStore(dsn.replace("//test@", "//orders_function@"))
        assert claim(store) is None
        assert claim(store, OTHER).owner == OWNER
        assert store.release(KEY, OWNER)
        assert claim(store) is None
        transaction = store.begin()
        assert transaction.connection.execute("SHOW statement_timeout").fetchone() == ("5s",)
        assert transaction.complete(KEY, OWNER, "1", expires_after=60)
        assert store.sweep() == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            store._connections.run("DROP TABLE lambdakit_idempotency")
        store.close()
    finally:
        connection.execute("DROP OWNED BY orders_function; DROP ROLE orders_function")


@pytest.mark.parametrize("table", ["Orders", 'we"ird %s {0} $1', "other.records", 'Schema%."x"'])
def test_names_are_quoted(table: str, dsn: str, connection: psycopg.Connection[Any]) -> None:
    if "." in table:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(table.split(".", maxsplit=1)[0])))
    store = PostgresStore(dsn, table=table)
    store.create_table()
    store.create_table()
    assert claim(store) is None
    assert store.complete(KEY, OWNER, "1", expires_after=60)
    query = sql.SQL("SELECT owner FROM {}").format(sql.Identifier(*table.split(".")))
    assert connection.execute(query).fetchall() == [(OWNER,)]
    store.close()


def test_a_record_is_swept_when_it_stands_no_more_and_its_owner_had_its_time(
    store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    def take(key: str, *, lock: float = 60, kept: float = 60, completed: float | None = None) -> None:
        assert store.claim(key, OWNER, fingerprint="", lock=lock, expires_after=kept) is None
        if completed is not None:
            assert store.complete(key, OWNER, "1", expires_after=completed)

    take("running")
    take("running, old", kept=1e-6)
    take("lock ended", lock=1e-6)
    take("given up", lock=1e-6, kept=1e-6)
    take("completed", completed=60)
    take("expired", lock=1e-6, kept=1e-6, completed=1e-6)
    assert store.sweep() == 2
    left = connection.execute("SELECT key FROM lambdakit_idempotency ORDER BY key").fetchall()
    assert left == [("completed",), ("lock ended",), ("running",), ("running, old",)]


def test_a_sweep_removes_so_many_at_most(store: PostgresStore) -> None:
    for number in range(5):
        store.claim(f"{number}", OWNER, fingerprint="", lock=1e-6, expires_after=1e-6)
    assert [store.sweep(limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_completion_leaves_the_index_alone(store: PostgresStore, connection: psycopg.Connection[Any]) -> None:
    claim(store, lock=60, expires_after=600)
    (before,) = connection.execute("SELECT sweep_after FROM lambdakit_idempotency").fetchall()
    store.complete(KEY, OWNER, "1", expires_after=600)
    (after,) = connection.execute("SELECT sweep_after FROM lambdakit_idempotency").fetchall()
    assert after == before
    store.complete(KEY, OWNER, "1", expires_after=60_000)


def test_text_that_postgresql_cannot_hold_is_refused_and_not_cut_off(store: PostgresStore) -> None:
    claim(store)
    with pytest.raises(psycopg.DataError, match="NUL"):
        store.complete(KEY, OWNER, "before\0after", expires_after=60)
    assert claim(store, OTHER).result is None


def test_text_is_the_same_in_every_client_encoding(dsn: str) -> None:
    store = PostgresStore(f"{dsn}&client_encoding=latin1")
    claim(store)
    assert store.complete(KEY, OWNER, '"Grüße"', expires_after=60)
    assert claim(store, OTHER).result == '"Grüße"'
    store.close()
    store = PostgresStore(dsn)
    assert claim(store, OTHER).result == '"Grüße"'
    store.close()


# Its connections


def test_one_connection_serves_step_after_step(store: PostgresStore, connection: psycopg.Connection[Any]) -> None:
    claim(store)
    first = backends(connection)
    store.complete(KEY, OWNER, "1", expires_after=60)
    store.find(KEY)
    assert backends(connection) == first
    assert len(first) == 1


def test_a_few_connections_are_kept_however_many_threads_there_were(
    store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    transactions = [store.begin() for _ in range(8)]
    assert len(backends(connection)) == 8
    for transaction in transactions:
        transaction.roll_back()
    while len(backends(connection)) > 4:
        pass
    for _ in range(8):
        store.find(KEY)
    assert len(backends(connection)) == 4


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    store: PostgresStore, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(store)
    first = backends(connection)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    assert claim(store, OTHER).owner == OWNER
    while len(backends(connection)) > 1:
        pass
    assert backends(connection) != first


def test_nothing_is_prepared_on_the_server(store: PostgresStore) -> None:
    for _ in range(20):
        claim(store)
    transaction = store.begin()
    for _ in range(20):
        transaction.connection.execute("SELECT %s::int", [1])
    assert transaction.connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
    transaction.roll_back()


def test_close_closes_all_and_the_next_step_opens_again(
    store: PostgresStore, connection: psycopg.Connection[Any]
) -> None:
    claim(store)
    store.close()
    while backends(connection):
        pass
    assert claim(store, OTHER).owner == OWNER


def test_after_a_fork_parent_and_child_use_connections_of_their_own(dsn: str, store: PostgresStore) -> None:
    claim_around_a_fork(store, dsn)


# Claims that meet


ISOLATIONS = ["read committed", "repeatable read", "serializable"]


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("standing", ["none", "expired"])
@pytest.mark.parametrize("commits", [True, False])
def test_a_claim_waits_for_one_that_is_just_being_committed(
    dsn: str, connection: psycopg.Connection[Any], isolation: str, standing: str, commits: bool
) -> None:
    """The first one's record is not in the snapshot of the second one's statement."""
    setting = f"default_transaction_isolation={isolation}".replace(" ", "%5C%20").replace("=", "%3D")
    store = PostgresStore(dsn.replace("options=", f"options=-c%20{setting}%20"))
    if standing == "expired":
        claim(store, lock=1e-6)
    first = store.begin()
    transactional = _First(first.connection)
    assert claim(transactional, "c" * 32) is None
    seen: list[Any] = []
    second = threading.Thread(target=lambda: seen.append(claim(store, OTHER)))
    second.start()
    wait_until_blocked(connection)
    if commits:
        transactional.commit()
        second.join()
        assert seen[0].owner == "c" * 32
    else:
        first.roll_back()
        second.join()
        assert seen == [None]
    first.roll_back()
    store.close()


class _First(PostgresStore):
    """A store that claims on one connection, in the transaction that is open there."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__("")
        self._connection = connection

    def _run(self, statement: str, *parameters: Any) -> Any:
        return self._connections.ask(self._connection, self._statement(statement), parameters)

    def commit(self) -> None:
        self._connections.ask(self._connection, "COMMIT", ())
