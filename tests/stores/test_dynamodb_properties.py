"""`DynamoDBStore` beside `MemoryStore`, step by step on one clock; on dynalite."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdakit.stores import MemoryStore, dynamodb, memory
from lambdakit.stores.dynamodb import DynamoDBStore
from tests.stores.dynamodb_tables import KEY, OTHER, OWNER, Clock, make_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdakit.stores import Store
    from tests.servers.dynalite import DynaliteServer

NUMBERS = count()

OWNERS = st.sampled_from([OWNER, OTHER, "2c" * 16])
STEPS = st.one_of(
    st.tuples(st.just("claim"), OWNERS, st.sampled_from([1.0, 5.0, 40.0]), st.sampled_from([0.5, 20.0])),
    st.tuples(st.just("complete"), OWNERS, st.sampled_from(["1", ""]), st.sampled_from([0.5, 20.0])),
    st.tuples(st.just("release"), OWNERS),
    st.tuples(st.just("wait"), st.sampled_from([0.25, 1.0, 4.5, 20.0])),
)


@pytest.fixture(scope="module")
def store(dynalite_server: DynaliteServer) -> Iterator[DynamoDBStore]:
    with dynalite_server.client() as client:
        yield DynamoDBStore(make_table(client, dynalite_server.new_table_name()), client=client)


def take(store: Store, key: str, step: tuple[Any, ...]) -> object:
    match step:
        case "claim", owner, lock, expires_after:
            return seen(store.claim(key, owner, fingerprint=owner[:2], lock=lock, expires_after=expires_after))
        case "complete", owner, result, expires_after:
            return store.complete(key, owner, result, expires_after=expires_after)
        case "release", owner:
            return store.release(key, owner)
    return None


def seen(record: Any) -> object:
    return record and (record.owner, record.fingerprint, record.result, round(record.left, 4))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=2, max_size=12))
def test_it_answers_as_the_store_in_memory_does_whatever_happens(store: DynamoDBStore, steps: list[Any]) -> None:
    model, clock = MemoryStore(), Clock()
    key = f"{KEY}-{next(NUMBERS)}"
    with pytest.MonkeyPatch.context() as patch:
        for module in (dynamodb, memory):
            patch.setattr(module, "_time", clock)
        for step in steps:
            if step[0] == "wait":
                clock.now += step[1]
            assert take(store, key, step) == take(model, key, step)
            assert seen(store.find(key)) == seen(model.find(key))
