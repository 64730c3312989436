"""Records in a SQLite file, which several processes may share: for tests, local runs, and one sandbox."""

from __future__ import annotations

import os
import threading
import time as _time
from time import monotonic, sleep
from typing import TYPE_CHECKING

from lambdakit.errors import ConfigurationError
from lambdakit.idempotency._store import StoredRecord

if TYPE_CHECKING:
    from sqlite3 import Connection

_SCHEMA = """
CREATE TABLE IF NOT EXISTS lambdakit_idempotency (
  key TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  result TEXT, -- null while the record is running
  locked_until REAL NOT NULL,
  expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lambdakit_idempotency_expires_at ON lambdakit_idempotency (expires_at);
"""

_CLAIM = """
INSERT INTO lambdakit_idempotency (key, owner, fingerprint, result, locked_until, expires_at)
VALUES (:key, :owner, :fingerprint, NULL, :locked_until, :expires_at)
ON CONFLICT (key) DO UPDATE SET
  owner = excluded.owner,
  fingerprint = excluded.fingerprint,
  result = NULL,
  locked_until = excluded.locked_until,
  expires_at = excluded.expires_at
WHERE iif(result IS NULL, locked_until <= :now OR owner = :owner, expires_at <= :now)
"""

_FIND = """
SELECT owner, fingerprint, result, iif(result IS NULL, locked_until, expires_at) - :now AS seconds_left
FROM lambdakit_idempotency WHERE key = :key AND seconds_left > 0
"""

_COMPLETE = """
UPDATE lambdakit_idempotency SET result = :result, expires_at = :expires_at WHERE key = :key AND owner = :owner
"""

_RELEASE = "DELETE FROM lambdakit_idempotency WHERE key = :key AND owner = :owner AND result IS NULL"

_SWEEP = "DELETE FROM lambdakit_idempotency WHERE expires_at <= :now"

_SWEEP_EVERY = 1_000  # claims
_BUSY = 5.0  # seconds that a step waits for other processes


class SQLiteStore:
    """Records in a SQLite file.

    Several processes may share the file, and each needs a store of its own on it. The table `lambdakit_idempotency` is
    made at first use. The file may hold tables of yours, too: then `claim.transaction()` commits your writes and the
    completed record together.

    In a Lambda runtime, where an event may come to any of many sandboxes, `idempotent` refuses this store unless it is
    said that protecting each sandbox for itself is meant.

    Args:
        path: The file; made if it is missing, in a directory that exists. Not on a network file system.
        per_sandbox: Whether to allow it in a Lambda runtime.

    Raises:
        ConfigurationError: The path names no file, or its directory does not exist.

    Limitations:
        The clock is the machine's. A step waits for at most 5 seconds for others that write; so a transaction keeps
        the claims of other processes waiting.
    """

    def __init__(self, path: str | os.PathLike[str], *, per_sandbox: bool = False) -> None:
        self._path = os.fspath(path)
        if self._path in ("", ":memory:"):
            msg = f"SQLiteStore expects the path of a file, not {self._path!r}; for memory there is MemoryStore"
            raise ConfigurationError(msg)
        directory = os.path.dirname(os.path.abspath(self._path))  # noqa: PTH100, PTH120 - pathlib costs 5 ms
        if not os.path.isdir(directory):  # noqa: PTH112
            msg = f"SQLiteStore({self._path!r}): the directory {directory} does not exist"
            raise ConfigurationError(msg)
        self.per_sandbox = per_sandbox
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._process = 0
        self._claims = 0

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        """See `Store.claim`."""
        with self._lock, _Writing(self._open()) as connection:
            now = _time.time()  # only now, since it may have waited for others
            if self._claims % _SWEEP_EVERY == 0:
                connection.execute(_SWEEP, {"now": now})
            self._claims += 1
            claimed = connection.execute(
                _CLAIM,
                {
                    "key": key,
                    "owner": owner,
                    "fingerprint": fingerprint,
                    "locked_until": now + lock,
                    "expires_at": now + lock + expires_after,
                    "now": now,
                },
            )
            return None if claimed.rowcount == 1 else _found(connection, key, now)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """See `Store.complete`."""
        with self._lock, _Writing(self._open()) as connection:
            return _completed(connection, key, owner, result, expires_after)

    def release(self, key: str, owner: str) -> bool:
        """See `Store.release`."""
        with self._lock, _Writing(self._open()) as connection:
            return connection.execute(_RELEASE, {"key": key, "owner": owner}).rowcount == 1

    def find(self, key: str) -> StoredRecord | None:
        """See `Store.find`."""
        with self._lock:
            return _found(self._open(), key, _time.time())

    def begin(self) -> SQLiteTransaction:
        """Begin a transaction on a connection of its own; for `claim.transaction()`."""
        return SQLiteTransaction(self._connect())

    def close(self) -> None:
        """Close the file; the next step opens it again."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        if hasattr(self, "_lock"):
            self.close()

    def __repr__(self) -> str:
        return f"SQLiteStore({self._path!r})"

    def _open(self) -> Connection:
        # A connection must not be used across a fork: the child would break the parent's locks on the file.
        if self._connection is None or self._process != os.getpid():
            self._parents = self._connection  # never closed here, for the same reason
            self._connection = self._connect()
            self._process = os.getpid()
        return self._connection

    def _connect(self) -> Connection:
        import sqlite3  # noqa: PLC0415 - at first use, since it takes some milliseconds

        connection = sqlite3.connect(self._path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
        try:
            _use_wal(connection)
            connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection


class SQLiteTransaction:
    """A transaction of SQLite; see `Transaction`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        """To write with."""
        try:
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            connection.close()
            raise

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """See `Transaction.complete`."""
        try:
            owned = _completed(self.connection, key, owner, result, expires_after)
            self.connection.execute("COMMIT" if owned else "ROLLBACK")
        finally:
            self.connection.close()
        return owned

    def roll_back(self) -> None:
        """See `Transaction.roll_back`."""
        self.connection.close()  # which rolls back what is open


class _Writing:
    """A transaction that has the file to itself from the start, so that what it reads is still so when it writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _use_wal(connection: Connection) -> None:
    """Write to a log beside the file, which takes a quarter of the time; SQLite does not wait for others here."""
    until = monotonic() + _BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except Exception as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(0.005)
        else:
            return


def _found(connection: Connection, key: str, now: float) -> StoredRecord | None:
    row = connection.execute(_FIND, {"key": key, "now": now}).fetchone()
    if row is None:
        return None
    owner, fingerprint, result, left = row
    return StoredRecord(owner=owner, fingerprint=fingerprint, result=result, left=left)


def _completed(connection: Connection, key: str, owner: str, result: str, expires_after: float) -> bool:
    done = connection.execute(
        _COMPLETE, {"key": key, "owner": owner, "result": result, "expires_at": _time.time() + expires_after}
    )
    return done.rowcount == 1
