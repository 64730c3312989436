"""A real PostgreSQL, with a cluster of its own. It is quick because it does not wait for the disk."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, NamedTuple

from tests.servers._process import HOST, find_program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_USER = "test"


class PostgresServer(NamedTuple):
    """Where a PostgreSQL is."""

    host: str
    port: int
    numbers: count[int]

    @property
    def dsn(self) -> str:
        """The database, in a schema that all tests share; see `new_dsn`."""
        # No TLS and no GSSAPI: the server has none, and to ask it costs a round trip each.
        return (
            f"postgresql://{_USER}@{self.host}:{self.port}/postgres?sslmode=disable&gssencmode=disable"
            "&connect_timeout=30"
        )

    def new_dsn(self) -> str:
        """The database, in a new schema, which is empty: it is where names are looked up, and where tables are made.

        It takes 5 ms, where a new database would take 80 and more.
        """
        name = f"test_{next(self.numbers)}"
        with self.connection() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.dsn}&options=-csearch_path%3D{name}"

    @contextmanager
    def connection(self, dsn: str | None = None) -> Iterator[psycopg.Connection]:
        """A connection in autocommit mode, closed at the end of the block.

        Args:
            dsn: What `new_dsn` gave; by default the database that all tests share.
        """
        import psycopg

        with psycopg.connect(dsn or self.dsn, autocommit=True) as connection:
            yield connection


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A new PostgreSQL while the block runs."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    initdb, postgres = find_program("initdb", *debian), find_program("postgres", *debian)

    def command(port: int) -> list[str]:
        make = [initdb, "-D", "data", "-U", _USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale"]
        settings = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        run = [postgres, "-D", "data", "-p", str(port), *options]
        return ["/bin/sh", "-c", f"{shlex.join(make)} && exec {shlex.join(run)}"]

    # PostgreSQL refuses to run as root; its Debian package has made this user. SIGINT does not wait for clients.
    user = "postgres" if os.geteuid() == 0 else ""
    with running(command, ready="ready to accept connections", stop_signal=SIGINT, user=user) as port:
        yield PostgresServer(HOST, port, count(1))
