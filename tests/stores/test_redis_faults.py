"""`RedisStore` when the network or Redis fails; with the client that it makes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.exceptions

from lambdakit.stores.redis import RedisStore
from tests.servers.proxy import Proxy
from tests.servers.redis import running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.redis import RedisServer

OWNER, OTHER = "a" * 32, "b" * 32
KEY = "key"


@pytest.fixture
def proxy(redis_server: RedisServer) -> Iterator[Proxy]:
    with Proxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def store(redis_server: RedisServer, proxy: Proxy) -> Iterator[RedisStore]:
    store = RedisStore(proxy.through(redis_server.new_url()))
    yield store
    store.close()


def claim(store: RedisStore, owner: str = OWNER, *, lock: float = 60) -> Any:
    return store.claim(KEY, owner, fingerprint="", lock=lock, expires_after=60)


def test_a_claim_whose_reply_was_lost_is_ones_own(store: RedisStore, proxy: Proxy) -> None:
    store.claim("another", OTHER, fingerprint="", lock=60, expires_after=60)  # now the server knows the script
    lost = proxy.cut_reply(when=OWNER.encode())
    assert claim(store) is None
    assert lost.struck == 1
    assert claim(store, OTHER).owner == OWNER


def test_a_completion_whose_reply_was_lost_is_a_success(store: RedisStore, proxy: Proxy) -> None:
    claim(store)
    lost = proxy.cut_reply(when=OWNER.encode())
    assert store.complete(KEY, OWNER, "1", expires_after=60)
    assert lost.struck == 1
    assert claim(store, OTHER).result == "1"


def test_a_reply_that_was_cut_in_the_middle_is_asked_for_again(store: RedisStore, proxy: Proxy) -> None:
    claim(store)
    lost = proxy.cut_reply(when=b"EVAL", after=3)
    assert claim(store, OTHER).owner == OWNER
    assert lost.struck == 1


def test_a_request_that_did_not_arrive_is_sent_again(store: RedisStore, proxy: Proxy) -> None:
    lost = proxy.cut_request(when=b"EVALSHA")
    assert claim(store) is None
    assert lost.struck == 1


def test_a_connection_that_broke_since_it_was_last_used_is_replaced(store: RedisStore, proxy: Proxy) -> None:
    claim(store)
    proxy.refuse()
    proxy.normal()
    assert store.complete(KEY, OWNER, "1", expires_after=60)


def test_a_server_that_is_down_is_told_after_a_few_attempts(store: RedisStore, proxy: Proxy) -> None:
    claim(store)
    proxy.refuse()
    with pytest.raises(redis.exceptions.ConnectionError):
        store.complete(KEY, OWNER, "1", expires_after=60)
    proxy.normal()
    assert store.complete(KEY, OWNER, "1", expires_after=60)


def test_a_server_that_does_not_answer_is_waited_for_as_long_as_the_url_says(
    redis_server: RedisServer, proxy: Proxy
) -> None:
    store = RedisStore(proxy.through(redis_server.new_url()) + "?socket_timeout=0.2")
    claim(store)
    silent = proxy.hold()
    with pytest.raises(redis.exceptions.TimeoutError):
        claim(store, OTHER)
    assert silent.struck >= 1
    proxy.normal()
    assert claim(store, OTHER).owner == OWNER
    store.close()


def test_there_are_time_outs_where_the_url_says_none(store: RedisStore) -> None:
    claim(store)
    client: Any = store._client
    kept = client.get_connection_kwargs()
    assert (kept["socket_connect_timeout"], kept["socket_timeout"]) == (1.0, 3.0)


def test_a_server_that_restarted_empty_lets_the_next_claim_succeed_and_the_old_owner_not_complete(
    store: RedisStore, redis_server: RedisServer, proxy: Proxy
) -> None:
    claim(store)
    with running_redis() as new:
        proxy.refuse()
        proxy._server = (new.host, new.port)
        proxy.normal()
        assert not store.complete(KEY, OWNER, "1", expires_after=60)
        assert claim(store, OTHER) is None


def test_a_primary_that_became_a_replica_is_left_for_the_one_that_the_name_leads_to_now(
    redis_server: RedisServer,
) -> None:
    with running_redis() as old, Proxy(old.port) as proxy, old.client() as client:
        store = RedisStore(proxy.through(old.url))
        assert claim(store) is None
        client.replicaof(redis_server.host, str(redis_server.port))
        proxy._server = (redis_server.host, redis_server.port)  # for new connections
        assert store.claim("failed-over", OWNER, fingerprint="", lock=60, expires_after=60) is None
        with redis_server.client() as at_new:
            assert at_new.delete("lambdakit:failed-over") == 1
        store.close()


def test_a_replica_is_told(redis_server: RedisServer) -> None:
    with running_redis() as replica, replica.client() as client:
        client.replicaof(redis_server.host, str(redis_server.port))
        store = RedisStore(replica.url)
        with pytest.raises(redis.exceptions.ReadOnlyError):
            claim(store)
        store.close()
