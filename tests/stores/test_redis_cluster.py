"""`RedisStore` on a real Redis in cluster mode: it keeps every promise there, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import redis

from lambdakit.errors import StoreError
from lambdakit.stores.redis import RedisStore
from lambdakit.testing import StoreContract
from tests.stores.redis_cluster import running_redis_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "a" * 32


@pytest.fixture(scope="module")
def node() -> Iterator[tuple[str, int]]:
    with running_redis_cluster() as node:
        yield node


@pytest.fixture(scope="module")
def cluster(node: tuple[str, int]) -> Iterator[redis.RedisCluster]:
    with redis.RedisCluster(*node, max_connections=200) as client:
        yield client


class TestRedisStoreInACluster(StoreContract):
    rounds = 1

    @pytest.fixture
    def store(self, cluster: redis.RedisCluster) -> RedisStore:
        return RedisStore(cluster)


def test_a_client_that_is_for_one_node_is_told_that_it_needs_another(node: tuple[str, int]) -> None:
    def claim_on_both_nodes(store: RedisStore) -> None:
        for number in range(20):
            store.claim(f"one-node-{number}", OWNER, fingerprint="", lock=60, expires_after=60)

    store = RedisStore("redis://{}:{}".format(*node))
    with pytest.raises(StoreError, match=r"needs redis\.RedisCluster") as caught:
        claim_on_both_nodes(store)
    cause: Any = caught.value.__cause__
    assert isinstance(cause, redis.exceptions.ResponseError)
    store.close()


def test_scripts_that_the_nodes_have_forgotten_are_sent_again(cluster: redis.RedisCluster) -> None:
    store = RedisStore(cluster)
    for number in range(20):
        cluster.script_flush()
        assert store.claim(f"flushed-{number}", OWNER, fingerprint="", lock=60, expires_after=60) is None
