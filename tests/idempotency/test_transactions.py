"""Effects exactly once: what the function writes, and the record that it did, are committed as one."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import ConfigurationError, OwnershipLostError, ResultNotStoredError, StoreError, current, idempotent
from lambdakit.stores import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import AsKind
    from tests.idempotency.conftest import WatchedStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a table of the user's."""
    path = tmp_path / "orders.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE charges (id TEXT)")
    connection.close()
    return path


@pytest.fixture
def charges(path: Path) -> Callable[[], list[str]]:
    """What was committed."""

    def read() -> list[str]:
        connection = sqlite3.connect(path)
        try:
            return [row[0] for row in connection.execute("SELECT id FROM charges ORDER BY id")]
        finally:
            connection.close()

    return read


@pytest.fixture
def sqlite(path: Path) -> SQLiteStore:
    return SQLiteStore(path)


def claim() -> Any:
    found = current().claim
    assert found is not None
    return found


def test_writes_and_record_are_committed_when_the_function_returns(
    as_kind: AsKind, sqlite: SQLiteStore, charges: Callable[[], list[str]]
) -> None:
    @idempotent(sqlite, key=lambda event: event["id"])
    @as_kind
    def handler(event: Any, context: Any) -> dict[str, str]:
        with claim().transaction() as connection:
            connection.execute("INSERT INTO charges VALUES (?)", (event["id"],))
        assert charges() == []
        return {"charged": event["id"]}

    assert handler({"id": "a"}, None) == {"charged": "a"}
    assert charges() == ["a"]
    assert handler({"id": "a"}, None) == {"charged": "a"}
    assert charges() == ["a"]


def test_an_error_after_the_block_undoes_it(
    as_kind: AsKind, sqlite: SQLiteStore, charges: Callable[[], list[str]]
) -> None:
    failing = [True]

    @idempotent(sqlite, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        with claim().transaction() as connection:
            connection.execute("INSERT INTO charges VALUES ('a')")
        if failing:
            failing.pop()
            raise ValueError
        return "done"

    with pytest.raises(ValueError):  # noqa: PT011
        handler({}, None)
    assert charges() == []
    assert handler({}, None) == "done"
    assert charges() == ["a"]


def test_a_crash_leaves_neither_and_the_claim(sqlite: SQLiteStore, charges: Callable[[], list[str]]) -> None:
    @idempotent(sqlite, key=lambda event: "1")
    def handler(event: Any, context: Any) -> str:
        with claim().transaction() as connection:
            connection.execute("INSERT INTO charges VALUES ('a')")
        raise SystemExit

    with pytest.raises(SystemExit):
        handler({}, None)
    assert charges() == []


def test_an_error_that_is_caught_undoes_its_block_alone(
    as_kind: AsKind, sqlite: SQLiteStore, charges: Callable[[], list[str]]
) -> None:
    @idempotent(sqlite, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        with claim().transaction() as connection:
            connection.execute("INSERT INTO charges VALUES ('kept')")
        try:
            with claim().transaction() as connection:
                connection.execute("INSERT INTO charges VALUES ('undone')")
                raise ValueError
        except ValueError:
            return "done"

    assert handler({}, None) == "done"
    assert charges() == ["kept"]


def test_a_late_owner_has_no_effect_at_all(
    as_kind: AsKind, sqlite: SQLiteStore, charges: Callable[[], list[str]]
) -> None:
    @idempotent(sqlite, key=lambda event: "1", lock=0.001)
    @as_kind
    def handler(event: Any, context: Any) -> str:
        mine = claim()
        while sqlite.claim(mine.key, "f" * 32, fingerprint="", lock=60, expires_after=60) is not None:
            pass
        with mine.transaction() as connection:
            connection.execute("INSERT INTO charges VALUES ('late')")
        return "late"

    with pytest.raises(OwnershipLostError, match="its transaction was rolled back"):
        handler({}, None)
    assert charges() == []


def test_a_result_that_cannot_be_stored_undoes_the_writes(
    as_kind: AsKind, sqlite: SQLiteStore, charges: Callable[[], list[str]]
) -> None:
    @idempotent(sqlite, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        with claim().transaction() as connection:
            connection.execute("INSERT INTO charges VALUES ('a')")
        return object() if event.get("bad") else "done"

    with pytest.raises(ResultNotStoredError, match="is not annotated to return one"):
        handler({"bad": True}, None)
    assert charges() == []


def test_a_commit_that_fails_is_an_error(sqlite: SQLiteStore, charges: Callable[[], list[str]]) -> None:
    @idempotent(sqlite, key=lambda event: "1")
    def handler(event: Any, context: Any) -> str:
        with claim().transaction() as connection:
            connection.execute("INSERT INTO charges VALUES ('a')")
        connection.close()
        return "done"

    with pytest.raises(StoreError, match="the transaction could not be committed"):
        handler({}, None)
    assert charges() == []


def test_a_nested_function_has_a_transaction_of_its_own(
    tmp_path: Path, sqlite: SQLiteStore, charges: Callable[[], list[str]]
) -> None:
    other = SQLiteStore(tmp_path / "other.db")

    @idempotent.function(other, key=lambda: "inner")
    def inner() -> str:
        with claim().transaction() as connection:
            connection.execute("CREATE TABLE inner_effects (id TEXT)")
        return "inner"

    @idempotent(sqlite, key=lambda event: "1")
    def handler(event: Any, context: Any) -> str:
        with claim().transaction() as connection:
            connection.execute("INSERT INTO charges VALUES ('a')")
        return inner()

    assert handler({}, None) == handler({}, None) == "inner"
    assert charges() == ["a"]


def test_a_store_with_no_transactions_says_which_have_some(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        with pytest.raises(ConfigurationError, match="a database with transactions: PostgresStore, or SQLiteStore"):
            claim().transaction()
        with pytest.raises(ConfigurationError, match="needs DynamoDBStore"):
            claim().transact_item("done")

    handler({}, None)


def test_after_the_function_its_claim_is_of_no_use(sqlite: SQLiteStore) -> None:
    kept: list[Any] = []

    @idempotent(sqlite, key=lambda event: "1")
    def handler(event: Any, context: Any) -> None:
        kept.append(claim())

    handler({}, None)
    with pytest.raises(ConfigurationError, match="after the function had ended"):
        kept[0].transaction()
