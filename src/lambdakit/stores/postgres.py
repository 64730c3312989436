"""Records in a table of PostgreSQL: each step is one statement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._extras import check_installed
from lambdakit.errors import OptionError, StoreError
from lambdakit.idempotency._store import StoredRecord

from . import _postgres

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from psycopg import Connection

# `ends_at` is when the lock of a running record ends, or when a completed one expires. `sweep_after` is never before
# that, and mostly stays as it is on completion, so that the index on it need not be touched. Keys are compared byte for
# byte (collation "C"): an index in the order of a language breaks when the server's library changes that order.
_CREATE = """
CREATE TABLE {table} (
    key text COLLATE "C" PRIMARY KEY,
    owner text NOT NULL,
    fingerprint text NOT NULL,
    result text,
    ends_at timestamptz NOT NULL,
    sweep_after timestamptz NOT NULL
);
CREATE INDEX ON {table} (sweep_after);
"""

_STANDING = """
SELECT owner, fingerprint, result, extract(epoch FROM ends_at - clock_timestamp())::float8
FROM {table} WHERE key = $1::text AND ends_at > clock_timestamp()
"""

# No row: another's record was committed after this statement began, so that it stood in the way and yet was not seen,
# or what was seen stands no more. Then the statement is run again.
_CLAIM = """
WITH claimed AS (
    INSERT INTO {table} AS record (key, owner, fingerprint, ends_at, sweep_after) VALUES (
        $1::text, $2::text, $3::text,
        clock_timestamp() + make_interval(secs => $4::float8),
        clock_timestamp() + make_interval(secs => $4::float8 + $5::float8)
    )
    ON CONFLICT (key) DO UPDATE SET
        owner = excluded.owner,
        fingerprint = excluded.fingerprint,
        result = NULL,
        ends_at = clock_timestamp() + make_interval(secs => $4::float8),
        sweep_after = clock_timestamp() + make_interval(secs => $4::float8 + $5::float8)
    WHERE record.ends_at <= clock_timestamp() OR (record.owner = excluded.owner AND record.result IS NULL)
    RETURNING true
)
SELECT NULL AS owner, NULL AS fingerprint, NULL AS result, NULL::float8 FROM claimed
UNION ALL {standing} AND NOT EXISTS (SELECT FROM claimed)
""".replace("{standing}", _STANDING)
_ATTEMPTS = 10

_COMPLETE = """
UPDATE {table} SET
    result = coalesce(result, $3::text),
    ends_at = CASE WHEN result IS NULL THEN clock_timestamp() + make_interval(secs => $4::float8) ELSE ends_at END,
    sweep_after = greatest(sweep_after, clock_timestamp() + make_interval(secs => $4::float8))
WHERE key = $1::text AND owner = $2::text
RETURNING true
"""

_RELEASE = "DELETE FROM {table} WHERE key = $1::text AND owner = $2::text AND result IS NULL RETURNING true"

# now() and not clock_timestamp(), which cannot use an index. SKIP LOCKED: what is locked is being claimed.
_SWEEP = """
WITH swept AS (
    DELETE FROM {table} WHERE key = ANY (ARRAY(
        SELECT key FROM {table} WHERE sweep_after <= now() LIMIT $1::bigint FOR UPDATE SKIP LOCKED
    ))
    RETURNING true
)
SELECT count(*) FROM swept
"""

_NAME = 63  # bytes: PostgreSQL would cut off the rest without an error


class PostgresStore:
    """Records in a table of PostgreSQL 11 or later: on a server, on RDS or Aurora, behind RDS Proxy or PgBouncer.

    The table has to be there: `create_table` makes it, and
    [how to keep records in PostgreSQL](../how-to/idempotency-postgres.md) has its SQL. Nothing is loaded and nothing is
    connected until the first step. A few connections are kept, one for each thread that has used the store at the same
    time, up to four. A step on a connection that broke is run once more on a new one.

    Args:
        connect: What libpq takes to connect, `postgresql://...` or `host=... dbname=...`; or a function without
            parameters that gives a new `psycopg.Connection`, for passwords that change. Connecting may take 2 seconds,
            unless `connect_timeout` is said; a function of yours says its own.
        table: The name of the table, as `name` or `schema.name`, spelled as it is in the catalogue.
        timeout: Seconds that PostgreSQL may take to answer.

    Raises:
        OptionError: An option has a value that it cannot have.
        MissingExtraError: psycopg is not installed.

    Limitations:
        What was answered is durable, unless the server says otherwise: with `synchronous_commit` off, with an unlogged
        table, or at a failover to a replica that is not synchronous, the last records can be lost, and their functions
        run again. RDS Multi-AZ and Aurora lose none.

        Expired records are never in the way, but they stay in the table until `sweep` removes them.

        The connection string must lead to the primary.

        `timeout` is for the statements of the store. Yours in `claim.transaction()` take as long as they take; and its
        begin and its commit wait until TCP gives the connection up, which takes some ten seconds.
    """

    def __init__(
        self,
        connect: str | Callable[[], Connection[Any]],
        *,
        table: str = "lambdakit_idempotency",
        timeout: float = 3.0,
    ) -> None:
        check_installed("psycopg", extra_name="postgres", needed_by="PostgresStore")
        self._name = _parts(table)
        self._connections = _postgres.Connections(_maker(connect), timeout=_seconds(timeout))
        self._quoted: str | None = None

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        """See `Store.claim`. One round trip; another one where it meets the first claim of a key in the same moment."""
        from psycopg import errors  # noqa: PLC0415

        for _ in range(_ATTEMPTS):
            try:
                rows = self._run(_CLAIM, key, owner, fingerprint, lock, expires_after)
            except (errors.SerializationFailure, errors.DeadlockDetected):
                continue  # where the default isolation is stricter than READ COMMITTED; nothing was done
            if rows:
                return None if rows[0][0] is None else _record(rows[0])
        msg = f"PostgresStore: others were changing the record in {self._quote()} at each of {_ATTEMPTS} attempts"
        raise StoreError(msg)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """See `Store.complete`. One round trip."""
        return bool(self._run(_COMPLETE, key, owner, result, expires_after))

    def release(self, key: str, owner: str) -> bool:
        """See `Store.release`. One round trip."""
        return bool(self._run(_RELEASE, key, owner))

    def find(self, key: str) -> StoredRecord | None:
        """See `Store.find`. One round trip."""
        rows = self._run(_STANDING, key)
        return _record(rows[0]) if rows else None

    def begin(self) -> PostgresTransaction:
        """Begin a transaction; for `claim.transaction()`."""

        def enter(connection: Connection[Any]) -> AbstractContextManager[object]:
            block = connection.transaction()
            block.__enter__()
            return block

        connection, block = self._connections.start(enter)
        return PostgresTransaction(self._connections, connection, block, self._statement(_COMPLETE))

    def create_table(self) -> None:
        """Create the table, and its index, if there is no such table: when you deploy, or before a test.

        The role needs `CREATE` on the schema; the function's own role needs it not.
        """
        from psycopg import sql  # noqa: PLC0415
        from psycopg.rows import tuple_row  # noqa: PLC0415

        def create(connection: Connection[Any]) -> None:
            with connection.transaction():
                # Two at once would both find none: IF NOT EXISTS does not help against that.
                connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ["lambdakit " + self._quote()])
                with connection.cursor(row_factory=tuple_row) as cursor:
                    found = cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [self._quote()]).fetchone()
                if found == (False,):
                    connection.execute(sql.SQL(_CREATE).format(table=sql.Identifier(*self._name)))

        connection, _ = self._connections.start(create)
        self._connections.give_back(connection)

    def sweep(self, *, limit: int = 1_000) -> int:
        """Remove records that have expired: call it from a schedule, again while it gives `limit`.

        Args:
            limit: How many at most, in one transaction, for which the store's `timeout` holds.

        Returns:
            How many were removed.
        """
        rows = self._run(_SWEEP, limit)
        return int(rows[0][0] or 0)

    def close(self) -> None:
        """Close the connections that are kept; the next step opens new ones."""
        self._connections.close()

    def _run(self, statement: str, *parameters: str | float) -> list[_postgres.Row]:
        from psycopg.errors import UndefinedColumn, UndefinedTable  # noqa: PLC0415 - loaded at first use

        try:
            return self._connections.run(self._statement(statement), *parameters)
        except (UndefinedTable, UndefinedColumn) as error:
            msg = (
                f"PostgresStore: there is no table {self._quote()} as it must be. Make it once: by `create_table()`, "
                f"or by the SQL in the documentation. PostgreSQL said: {error}"
            )
            raise StoreError(msg) from error

    def _statement(self, statement: str) -> str:
        return statement.replace("{table}", self._quote())

    def _quote(self) -> str:
        if self._quoted is None:
            from psycopg import sql  # noqa: PLC0415

            self._quoted = sql.Identifier(*self._name).as_string(None)
        return self._quoted

    def __repr__(self) -> str:
        return f"<PostgresStore {'.'.join(self._name)!r}>"  # and not how to connect, which may hold a password


class PostgresTransaction:
    """A transaction of PostgreSQL; see `Transaction`.

    Attributes:
        connection: To write with. Only lambdakit commits: `commit()` and `rollback()` raise on it. Savepoints are fine,
            by `with connection.transaction()`. What is `SET` stays set for later ones, so use `SET LOCAL`.
    """

    def __init__(
        self,
        connections: _postgres.Connections,
        connection: Connection[Any],
        block: AbstractContextManager[object],
        complete: str,
    ) -> None:
        self.connection = connection
        self._connections = connections
        self._block: AbstractContextManager[object] | None = block
        self._complete = complete

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """See `Transaction.complete`.

        Raises:
            StoreError: The transaction was ended before, by something else: by `COMMIT` as a statement, say.
            psycopg.Error: PostgreSQL refused, and nothing is committed; or the connection broke at the commit, and it
                is not known whether all or nothing is.
        """
        if self._block is None or _postgres.is_idle(self.connection):
            self.roll_back()
            msg = "PostgresStore: the transaction was over before the record could be completed in it"
            raise StoreError(msg)
        try:
            owned = bool(self._connections.ask(self.connection, self._complete, (key, owner, result, expires_after)))
            if owned:
                self._commit(self._block)
        except BaseException:
            self.roll_back()
            raise
        self.roll_back()
        return owned

    def _commit(self, block: AbstractContextManager[object]) -> None:
        from psycopg import OperationalError  # noqa: PLC0415

        block.__exit__(None, None, None)
        if not _postgres.is_idle(self.connection):  # psycopg does not raise where it could not even try
            msg = "the connection was lost before the commit"
            raise OperationalError(msg)
        self._block = None
        self._connections.give_back(self.connection)

    def roll_back(self) -> None:
        """See `Transaction.roll_back`. After a commit, nothing."""
        from psycopg import Rollback  # noqa: PLC0415
        from psycopg.pq import TransactionStatus  # noqa: PLC0415

        block, self._block = self._block, None
        if block is None:
            return
        if self.connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
            self.connection.close()  # no answer came: it would wait for one
        try:
            block.__exit__(Rollback, Rollback(), None)
        except Exception:  # noqa: BLE001 - closing it rolls back as well
            self.connection.close()
        self._connections.give_back(self.connection)


def _record(row: _postgres.Row) -> StoredRecord:
    owner, fingerprint, result, left = row
    return StoredRecord(owner=str(owner), fingerprint=str(fingerprint), result=result, left=float(left or 0))


def _maker(connect: object) -> Callable[[], object]:
    if isinstance(connect, str):
        return partial(_postgres.connect, connect)
    if callable(connect) and not _callables.is_async(connect):
        return connect
    kind = "an async function" if callable(connect) else f"a {type(connect).__qualname__}"
    msg = f"PostgresStore expects a connection string, or a plain function that connects, not {kind}"
    raise OptionError(msg)


def _seconds(timeout: object) -> float:
    if not (isinstance(timeout, (int, float)) and timeout > 0):
        msg = f"PostgresStore: timeout is seconds, more than 0, not {timeout!r}"
        raise OptionError(msg)
    return timeout


def _parts(table: object) -> tuple[str, ...]:
    parts = tuple(table.split(".")) if isinstance(table, str) else ()
    if len(parts) not in (1, 2) or not all(part and "\0" not in part and len(part.encode()) <= _NAME for part in parts):
        msg = f"PostgresStore: table is a name or schema.name, of at most {_NAME} bytes each, not {table!r}"
        raise OptionError(msg)
    return parts
