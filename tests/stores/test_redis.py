"""`RedisStore`: how it is made, what it keeps, and what it says of the server."""

from __future__ import annotations

import importlib.util
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.asyncio
import redis.exceptions

from lambdakit.errors import MissingExtraError, OptionError
from lambdakit.stores.redis import RedisStore
from tests.servers.redis import running_redis
from tests.stores.forking import claim_around_a_fork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.redis import RedisServer

OWNER, OTHER = "a" * 32, "b" * 32
KEY = "orders-function:app.handler#9f86d081884c7d65"


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    return redis_server.new_url()


@pytest.fixture
def client(url: str, redis_server: RedisServer) -> Iterator[Any]:
    with redis_server.client(url) as client:
        yield client


@pytest.fixture
def store(url: str) -> Iterator[RedisStore]:
    store = RedisStore(url)
    yield store
    store.close()


def claim(store: RedisStore, owner: str = OWNER, *, lock: float = 60, expires_after: float = 600) -> Any:
    return store.claim(KEY, owner, fingerprint="f", lock=lock, expires_after=expires_after)


# How it is made


def test_making_one_loads_nothing_and_connects_to_nothing() -> None:
    script = """
import sys
from lambdakit.stores.redis import RedisStore
RedisStore("redis://127.0.0.1:1")
RedisStore(lambda: None)
assert not {"redis", "asyncio", "ssl"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-I", "-c", script], check=True)


def test_a_missing_library_is_told_when_the_store_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(MissingExtraError, match=r"RedisStore needs redis: pip install 'lambdakit\[redis\]'"):
        RedisStore("redis://127.0.0.1:1")


@pytest.mark.parametrize(
    "encoding", [{}, {"decode_responses": True}, {"encoding": "latin-1", "decode_responses": True}]
)
def test_a_client_may_have_any_encoding(redis_server: RedisServer, encoding: dict[str, Any]) -> None:
    with redis.Redis.from_url(redis_server.new_url(), **encoding) as client:
        store = RedisStore(client)
        assert claim(store) is None
        assert store.complete(KEY, OWNER, '"Grüße, €5 \U0001f680"', expires_after=60)
        assert claim(store, OTHER).result == '"Grüße, €5 \U0001f680"'


def test_a_function_makes_the_client_once_and_only_when_it_is_needed(client: redis.Redis) -> None:
    made: list[redis.Redis] = []

    def make() -> redis.Redis:
        made.append(client)
        return client

    store = RedisStore(make)
    assert not made
    assert claim(store) is None
    assert claim(store, OTHER).owner == OWNER
    assert len(made) == 1


def test_close_leaves_a_client_of_the_users_open(client: redis.Redis) -> None:
    store = RedisStore(client)
    claim(store)
    connections = client.connection_pool._available_connections
    store.close()
    assert [connection._sock is not None for connection in connections] == [True]


def test_a_store_that_was_closed_opens_again(store: RedisStore) -> None:
    claim(store)
    store.close()
    store.close()
    assert claim(store, OTHER).owner == OWNER


@pytest.mark.parametrize(
    ("client", "problem"),
    [
        pytest.param("localhost:6379", "starts with redis:// or rediss:// or unix://", id="no scheme"),
        pytest.param("user:secret@host", "the one that was given does not", id="a secret"),
        pytest.param(redis.asyncio.Redis(), r"redis\.asyncio\.client\.Redis\. Async functions call", id="asyncio"),
        pytest.param(None, "NoneType", id="None"),
        pytest.param(6379, "builtins.int", id="a number"),
    ],
)
def test_what_is_no_client_is_told_when_the_store_is_made(client: Any, problem: str) -> None:
    with pytest.raises(OptionError, match=problem) as caught:
        RedisStore(client)
    assert "secret" not in str(caught.value)


def test_an_async_function_cannot_make_the_client() -> None:
    async def connect() -> redis.Redis:
        raise NotImplementedError

    with pytest.raises(OptionError, match=r"connect.* is async"):
        RedisStore(connect)  # type: ignore[arg-type]


def test_a_function_that_makes_something_else_is_told_at_the_first_step() -> None:
    store = RedisStore(redis.asyncio.Redis)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"redis\.asyncio"):
        claim(store)


def test_its_repr_has_no_password() -> None:
    assert repr(RedisStore("redis://:secret@127.0.0.1:1")) == "<RedisStore 'lambdakit:'>"


# What it keeps


def test_a_record_is_a_hash_under_the_prefix(store: RedisStore, client: Any) -> None:
    claim(store)
    assert client.keys() == [f"lambdakit:{KEY}".encode()]
    assert client.hgetall(f"lambdakit:{KEY}").keys() == {b"owner", b"fingerprint", b"ends"}
    store.complete(KEY, OWNER, "1", expires_after=60)
    assert client.hget(f"lambdakit:{KEY}", "result") == b"1"


def test_stores_with_different_prefixes_have_keys_of_their_own(url: str) -> None:
    one, two = RedisStore(url, prefix="one:"), RedisStore(url, prefix="two:")
    assert claim(one) is None
    assert claim(two, OTHER) is None
    assert claim(one, OTHER).owner == OWNER
    one.close()
    two.close()


def test_a_running_record_lives_beyond_its_lock_and_a_completed_one_until_it_expires(
    store: RedisStore, client: Any
) -> None:
    claim(store, lock=60, expires_after=600)
    assert 650_000 < client.pttl(f"lambdakit:{KEY}") <= 660_000
    store.complete(KEY, OWNER, "1", expires_after=90)
    assert 80_000 < client.pttl(f"lambdakit:{KEY}") <= 90_000


def test_a_lock_of_less_than_a_millisecond_is_a_lock(store: RedisStore) -> None:
    assert claim(store, lock=1e-6, expires_after=1e-6) is None


def test_scripts_that_the_server_has_forgotten_are_sent_again(store: RedisStore, client: Any) -> None:
    assert claim(store) is None
    for step in (
        lambda: claim(store, OTHER).owner == OWNER,
        lambda: store.find(KEY) is not None,
        lambda: store.complete(KEY, OWNER, "1", expires_after=60),
        lambda: not store.release(KEY, OWNER),
    ):
        client.script_flush()
        assert step()
        client.config_resetstat()
        assert step()  # by its digest now
        assert "cmdstat_eval" not in client.info("commandstats")


def test_after_a_fork_parent_and_child_use_connections_of_their_own(url: str, store: RedisStore) -> None:
    claim_around_a_fork(store, url)


# What it says of the server


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """Whose settings may be changed."""
    with running_redis() as server:
        yield server


@pytest.fixture
def own_client(own_server: RedisServer) -> Iterator[Any]:
    with own_server.client() as client:
        yield client


@pytest.fixture
def own_store(own_server: RedisServer) -> Iterator[RedisStore]:
    store = RedisStore(own_server.url)
    yield store
    store.close()


def test_a_server_that_may_evict_records_is_warned_of_once(
    own_store: RedisStore, own_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    own_client.config_set("maxmemory", "100mb")
    own_client.config_set("maxmemory-policy", "volatile-lru")
    for owner in (OWNER, OTHER):
        claim(own_store, owner)
    ((name, level, message),) = caplog.record_tuples
    assert (name, level) == ("lambdakit.stores", logging.WARNING)
    assert "maxmemory-policy is volatile-lru, and should be noeviction" in message


@pytest.mark.parametrize("settings", [("100mb", "noeviction"), ("0", "allkeys-lru")])
def test_a_server_that_evicts_nothing_is_not_warned_of(
    own_store: RedisStore, own_client: Any, caplog: pytest.LogCaptureFixture, settings: tuple[str, str]
) -> None:
    own_client.config_set("maxmemory", settings[0])
    own_client.config_set("maxmemory-policy", settings[1])
    claim(own_store)
    assert not caplog.record_tuples


HOW_TO = Path(__file__).parents[2] / "docs/how-to/idempotency-redis.md"


def test_it_needs_no_more_permissions_than_the_how_to_says(
    own_server: RedisServer, own_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (rules,) = re.findall(r"^\+evalsha .*$", HOW_TO.read_text(), re.MULTILINE)
    own_client.execute_command("ACL", "SETUSER", "function", "on", ">secret", *rules.split(), "-info")
    own_client.config_set("maxmemory", "100mb")
    own_client.config_set("maxmemory-policy", "volatile-lru")
    store = RedisStore(own_server.url.replace("redis://", "redis://function:secret@"))
    assert claim(store) is None
    assert store.find(KEY) is not None
    assert store.release(KEY, OWNER)
    assert claim(store) is None
    assert store.complete(KEY, OWNER, "1", expires_after=60)
    assert not caplog.record_tuples  # without INFO the policy cannot be seen
    own_client.execute_command("ACL", "SETUSER", "function", "+info")
    again = RedisStore(lambda: redis.Redis(port=own_server.port, username="function", password="secret"))
    assert again.claim("again", OWNER, fingerprint="", lock=60, expires_after=60) is None
    assert len(caplog.record_tuples) == 1
    store.close()


def test_a_server_that_is_out_of_memory_refuses_and_keeps_what_it_has(own_store: RedisStore, own_client: Any) -> None:
    claim(own_store)
    own_client.config_set("maxmemory", "1")
    for step in (
        lambda: own_store.claim("another", OWNER, fingerprint="", lock=60, expires_after=60),
        lambda: own_store.complete(KEY, OWNER, "1", expires_after=60),
    ):
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            step()
    own_client.config_set("maxmemory", "0")
    assert own_store.find("another") is None
    assert claim(own_store, OTHER).owner == OWNER
