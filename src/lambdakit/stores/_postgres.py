"""Connections to PostgreSQL: a few are kept, a broken one is replaced, and none is waited for without end."""

from __future__ import annotations

import os
import threading
import time as _time
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection
    from psycopg.pq.abc import PGconn, PGresult

T = TypeVar("T")
Row: TypeAlias = "tuple[str | None, ...]"

_KEPT = 4  # idle connections of a sandbox: the server has few, and there are many sandboxes
_FRESH = 300.0  # seconds; after some 350 without traffic, what is on the way may have forgotten a connection

_DEFAULTS = {
    "connect_timeout": 2,  # seconds, the shortest that libpq knows
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5_000,  # milliseconds that what was sent may go without an acknowledgement
    "fallback_application_name": "lambdakit",
}


class Connections:
    """Connections in autocommit mode, each used by one thread at a time.

    Args:
        make: Makes a connection.
        timeout: Seconds that an answer may take.
    """

    def __init__(self, make: Callable[[], object], *, timeout: float) -> None:
        self._make = make
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: list[tuple[Connection[Any], float]] = []
        self._process = os.getpid()
        self._parents: list[tuple[Connection[Any], float]] = []

    def run(self, statement: str, *parameters: str | float) -> list[Row]:
        """Run one statement, in a transaction of its own; once more on a new connection, if the first was broken.

        Args:
            statement: With `$1` and so on for the parameters.
            *parameters: They go as text; the statement casts what is not.

        Returns:
            The rows, as text.
        """
        connection, rows = self.start(partial(self.ask, statement=statement, parameters=parameters))
        self.give_back(connection)
        return rows

    def start(self, do: Callable[[Connection[Any]], T]) -> tuple[Connection[Any], T]:
        """Take a connection, and do something with it; once more with a new one, if the first was broken.

        Returns:
            The connection, which the caller has to give back, and what came of it.
        """
        from psycopg.errors import ReadOnlySqlTransaction  # noqa: PLC0415 - loaded with the first connection

        connection = self._take()
        try:
            return connection, do(connection)
        except BaseException as error:
            # Read-only: this was the primary when the connection was opened; its name may lead to another now.
            if is_idle(connection) and not isinstance(error, ReadOnlySqlTransaction):
                self.give_back(connection)
                raise
            connection.close()
            if not isinstance(error, Exception):
                raise
        self.close()  # what else is kept has most likely gone the same way
        connection = self._take()
        try:
            return connection, do(connection)
        except BaseException:
            self.give_back(connection)
            raise

    def ask(self, connection: Connection[Any], statement: str, parameters: Sequence[str | float]) -> list[Row]:
        """Run one statement on a connection, and wait for the answer no longer than the time-out.

        psycopg's cursors wait without end, and `statement_timeout` on the server does not help against what lies
        between. To set it for a session would also tie the session to one connection of RDS Proxy, and PgBouncer would
        pass it on to others.
        """
        encoding = connection.info.encoding
        values = [str(parameter).encode(encoding) for parameter in parameters]
        if any(b"\0" in value for value in values):
            from psycopg import DataError  # noqa: PLC0415

            msg = "PostgreSQL's text cannot hold the character NUL"
            raise DataError(msg)
        result = _exchange(connection.pgconn, statement.encode(encoding), values, _time.monotonic() + self._timeout)
        return [
            tuple(
                None if (value := result.get_value(row, column)) is None else bytes(value).decode(encoding)
                for column in range(result.nfields)
            )
            for row in range(result.ntuples)
        ]

    def give_back(self, connection: Connection[Any]) -> None:
        """Keep it for the next, unless there are enough, or it is of no more use."""
        if is_idle(connection):
            with self._lock:
                if self._process == os.getpid() and len(self._idle) < _KEPT:
                    self._idle.append((connection, _time.time()))
                    return
        connection.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            self._forget_the_parents()
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _take(self) -> Connection[Any]:
        while True:
            with self._lock:
                self._forget_the_parents()
                if not self._idle:
                    break
                connection, since = self._idle.pop()
            # By the wall clock: a sandbox may have been frozen, or restored from a snapshot.
            if not connection.closed and _time.time() - since < _FRESH:
                return connection
            connection.close()
        return self._open()

    def _open(self) -> Connection[Any]:
        from psycopg import Connection  # noqa: PLC0415 - at first use, since it takes longer than all else

        connection = self._make()
        if not isinstance(connection, Connection):
            kind = f"{type(connection).__module__}.{type(connection).__qualname__}"
            msg = f"PostgresStore: the function that makes its connections gave a {kind}, not a psycopg.Connection"
            raise OptionError(msg)
        connection.autocommit = True
        connection.prepare_threshold = None  # prepared statements do not go through PgBouncer or RDS Proxy
        return connection

    def _forget_the_parents(self) -> None:
        """After a fork: the parent still uses its connections, and to close them here would end them there, too."""
        if self._process != os.getpid():
            self._parents += self._idle
            self._idle = []
            self._process = os.getpid()


def connect(conninfo: str) -> Connection[Any]:
    """Connect, with time-outs that fit Lambda wherever the user has said no others."""
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415
    from psycopg.pq import Conninfo  # noqa: PLC0415

    # What this libpq knows, with what environment variables such as PGCONNECT_TIMEOUT say.
    said: dict[str, object] = {option.keyword.decode(): option.val for option in Conninfo.get_defaults()}
    said |= conninfo_to_dict(conninfo)
    unsaid: dict[str, Any] = {name: value for name, value in _DEFAULTS.items() if said.get(name, "") is None}
    return psycopg.connect(conninfo, **unsaid)


def is_idle(connection: Connection[Any]) -> bool:
    """Whether it is open, and in no transaction."""
    from psycopg.pq import TransactionStatus  # noqa: PLC0415

    return connection.pgconn.transaction_status == TransactionStatus.IDLE


def _exchange(pgconn: PGconn, statement: bytes, values: Sequence[bytes], ends: float) -> PGresult:
    """Send a statement, and wait for its result."""
    from psycopg import errors, pq  # noqa: PLC0415

    pgconn.send_query_params(statement, values)
    result = None
    with DefaultSelector() as selector:
        selector.register(pgconn.socket, EVENT_READ | EVENT_WRITE)
        while pgconn.flush():
            if _wait(selector, ends) & EVENT_READ:
                pgconn.consume_input()
        selector.modify(pgconn.socket, EVENT_READ)
        while True:
            while pgconn.is_busy():
                _wait(selector, ends)
                pgconn.consume_input()
            following = pgconn.get_result()
            if following is None:
                break
            result = following
    if result is None:
        raise errors.OperationalError(pq.error_message(pgconn))
    if result.status == pq.ExecStatus.FATAL_ERROR:
        state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
        try:
            kind = errors.lookup(state.decode())
        except KeyError:
            kind = errors.DatabaseError if state else errors.OperationalError
        # Not the whole message: its details may hold values of the row.
        primary = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY)
        raise kind(primary.decode("utf-8", "replace") if primary else pq.error_message(result))
    return result


def _wait(selector: DefaultSelector, ends: float) -> int:
    """Wait until something can be read or written, and tell which."""
    ready = selector.select(max(0.0, ends - _time.monotonic()))
    if not ready:
        from psycopg import OperationalError  # noqa: PLC0415

        msg = "PostgreSQL did not answer in time"
        raise OperationalError(msg)
    return ready[0][1]
