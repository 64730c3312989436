"""A real Redis. It keeps nothing on disk, and never evicts."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from tests.servers._process import HOST, find_program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

_DATABASES = 4096


class RedisServer(NamedTuple):
    """Where a Redis is."""

    host: str
    port: int
    databases: count[int]

    @property
    def url(self) -> str:
        """Database 0, which all tests share; see `new_url`."""
        return f"redis://{self.host}:{self.port}/0"

    def new_url(self) -> str:
        """A database that no other test has used or will use: it is empty."""
        number = next(self.databases)
        assert number < _DATABASES, "more databases are needed than the server has: raise _DATABASES"
        return f"redis://{self.host}:{self.port}/{number}"

    @contextmanager
    def client(self, url: str | None = None) -> Iterator[redis.Redis]:
        """A client of a database, closed at the end of the block.

        Args:
            url: What `new_url` gave; by default database 0.
        """
        import redis

        with redis.Redis.from_url(url or self.url) as client:
            yield client


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A new Redis while the block runs."""
    program = find_program("redis-server")

    def command(port: int) -> list[str]:
        options = ["--bind", HOST, "--port", str(port), "--databases", str(_DATABASES)]
        return [program, *options, "--save", "", "--appendonly", "no"]

    with running(command, ready="Ready to accept connections") as port:
        yield RedisServer(HOST, port, count(1))
