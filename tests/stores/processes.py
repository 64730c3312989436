"""Stores as several processes have them: `python -m tests.stores.processes ROLE PLACE OPTIONS`, and who starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest

    from lambdakit.stores import Store

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("RACE_ROUNDS", "3"))
"""Of each race; `make races` runs many."""
THREADS = 5
"""Of each process, where processes race."""

Kind = Literal["sqlite", "redis", "postgres", "dynalite", "moto"]


class Place(NamedTuple):
    """Where records are kept that several processes share."""

    kind: Kind
    address: str
    table: str = ""


def new_place(kind: Kind, request: pytest.FixtureRequest, directory: Path) -> Place:
    """A place with no records in it, on a server of the tests if it needs one."""
    if kind == "sqlite":
        return Place(kind, str(directory / f"{os.urandom(4).hex()}.sqlite"))
    server = request.getfixturevalue(f"{kind}_server")
    if kind == "redis":
        return Place(kind, server.new_url())
    if kind == "postgres":
        from lambdakit.stores.postgres import PostgresStore

        place = Place(kind, server.new_dsn())
        store = PostgresStore(place.address)
        store.create_table()
        store.close()
        return place
    from tests.stores.dynamodb_tables import make_table

    with server.client() as client:
        return Place(kind, f"{server.host}:{server.port}", make_table(client, server.new_table_name()))


@contextmanager
def stores_at(place: Place) -> Iterator[Callable[[], Store]]:
    """Gives store objects over the records at a place, as many as are asked for; they are closed with the block."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_store_at(place))


@contextmanager
def _store_at(place: Place) -> Iterator[Store]:
    if place.kind in ("dynalite", "moto"):
        from botocore.config import Config  # type: ignore[import-untyped]

        from lambdakit.stores.dynamodb import DynamoDBStore
        from tests.servers._aws import AWSServer

        host, port = place.address.split(":")
        with AWSServer(host, int(port)).client(Config(max_pool_connections=50)) as client:
            yield DynamoDBStore(place.table, client=client)
        return
    from lambdakit.stores.postgres import PostgresStore
    from lambdakit.stores.redis import RedisStore
    from lambdakit.stores.sqlite import SQLiteStore

    made: dict[str, Callable[[str], Any]] = {"sqlite": SQLiteStore, "redis": RedisStore, "postgres": PostgresStore}
    store = made[place.kind](place.address)
    try:
        yield store
    finally:
        store.close()


class Process:
    """Another process with a store at a place."""

    def __init__(self, role: str, place: Place, **options: Any) -> None:
        arguments = [role, json.dumps(place), json.dumps(options)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.stores.processes", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    def says(self) -> Any:
        """The next thing that it says: waits for it."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process ended; what it wrote to stderr says why"
        return json.loads(line)

    def said(self) -> list[Any]:
        """All that it said before it ended; a last line that was cut off is none."""
        assert self._process.stdout is not None
        return [json.loads(line) for line in self._process.stdout if line.endswith("\n")]

    def go(self) -> None:
        """Tell it to begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL: it can do nothing more, not even close a file."""
        self._process.kill()
        self._process.wait()


def hold(store: Store, key: str, owner: str, lock: float) -> None:
    """Claim a key, and never do anything with it."""
    claimed = store.claim(key, owner, fingerprint="fingerprint", lock=lock, expires_after=600)
    say("claimed" if claimed is None else "refused")
    sys.stdin.read()


def work(store: Store, keys: str, lock: float) -> None:
    """Claim and complete one key after the other, for ever, and say what was done."""
    number = 0
    while True:
        key, owner = f"{keys}:{number}", os.urandom(16).hex()
        say(["claims", number, owner])
        assert store.claim(key, owner, fingerprint="", lock=lock, expires_after=600) is None
        assert store.complete(key, owner, f"result {number}", expires_after=600)
        say(["completed", number, owner])
        number += 1


def race(store: Store, keys: Sequence[str]) -> None:
    """Claim all keys, in each of several threads."""
    say("ready")
    sys.stdin.readline()

    def claim_all(_: int) -> list[tuple[str, str, str | None]]:
        came = []
        for key in keys:
            owner = os.urandom(16).hex()
            standing = store.claim(key, owner, fingerprint="", lock=600, expires_after=600)
            came.append((key, owner, None if standing is None else standing.owner))
        return came

    with ThreadPoolExecutor(THREADS) as pool:
        say([step for steps in pool.map(claim_all, range(THREADS)) for step in steps])


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


def main(role: str, place: str, options: str) -> None:
    roles: dict[str, Callable[..., None]] = {"hold": hold, "work": work, "race": race}
    with _store_at(Place(*json.loads(place))) as store:
        roles[role](store, **json.loads(options))


if __name__ == "__main__":
    main(*sys.argv[1:])
