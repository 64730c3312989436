"""What holds for a store that several processes share: they race for keys, and are killed at any moment."""

from __future__ import annotations

import time
from contextlib import ExitStack
from os import urandom
from typing import TYPE_CHECKING, Any

import pytest

from tests.stores.processes import ROUNDS, THREADS, Kind, Place, Process, new_place, stores_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lambdakit.stores import Store

PROCESSES = 3
KEYS = max(40, ROUNDS)
LOCK = 2.0
"""Seconds: long enough for the process that has it to be killed before it ends."""
PATIENCE = 30.0

# dynalite ends itself when a client goes away in the middle of a request. moto is atomic only by a lock that the tests
# put around it, so a race there would try that lock.
RACED: tuple[Kind, ...] = ("sqlite", "redis", "postgres", "dynalite")
KILLED: tuple[Kind, ...] = ("sqlite", "redis", "postgres", "moto")


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return new_place(request.param, request, tmp_path)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with stores_at(place) as new_store:
        yield new_store()


def claim(store: Store, key: str, owner: str = "", lock: float = 600) -> Any:
    return store.claim(key, owner or urandom(16).hex(), fingerprint="", lock=lock, expires_after=600)


def wait_until_free(store: Store, key: str) -> None:
    end = time.monotonic() + PATIENCE
    while (standing := store.find(key)) is not None:
        assert time.monotonic() < end, standing
        time.sleep(0.02)


@pytest.mark.parametrize("place", KILLED, indirect=True)
def test_the_key_of_a_killed_process_is_held_until_its_lock_ends_and_taken_over_then(
    place: Place, store: Store
) -> None:
    dead, heir = urandom(16).hex(), urandom(16).hex()
    with Process("hold", place, key="key", owner=dead, lock=LOCK) as process:
        assert process.says() == "claimed"
        process.kill()
    standing = store.find("key")
    assert standing is None or (standing.owner, standing.result, standing.fingerprint) == (dead, None, "fingerprint")
    wait_until_free(store, "key")
    assert claim(store, "key", heir) is None
    assert store.complete("key", dead, "from the dead", expires_after=600) is False
    assert store.release("key", dead) is False
    found = store.find("key")
    assert found is not None
    assert (found.owner, found.result) == (heir, None)
    assert store.complete("key", heir, "done", expires_after=600) is True


@pytest.mark.parametrize("place", KILLED, indirect=True)
def test_a_long_lock_outlives_the_process_that_has_it(place: Place, store: Store) -> None:
    dead = urandom(16).hex()
    with Process("hold", place, key="key", owner=dead, lock=600) as process:
        assert process.says() == "claimed"
        process.kill()
    standing = claim(store, "key")
    assert (standing.owner, standing.result) == (dead, None)
    assert claim(store, "key", dead) is None  # it was its owner's process, and may come back


@pytest.mark.parametrize("place", KILLED, indirect=True)
@pytest.mark.parametrize("steps", [1, 2, 31])
def test_a_process_killed_at_any_moment_leaves_each_record_whole(place: Place, store: Store, steps: int) -> None:
    with Process("work", place, keys="key", lock=LOCK) as process:
        said = [process.says() for _ in range(steps)]
        process.kill()
        said += process.said()
    completed = {number: owner for what, number, owner in said if what == "completed"}
    for number, owner in completed.items():
        found = store.find(f"key:{number}")
        assert found is not None
        assert (found.owner, found.result) == (owner, f"result {number}")
    _, last, owner = said[-1]
    found = store.find(key := f"key:{last}")
    assert found is None or (found.owner, found.result) in [(owner, None), (owner, f"result {last}")]
    if found is None or found.result is None:  # it died between its first step and its last
        assert last not in completed
        wait_until_free(store, key)
        assert claim(store, key) is None
        assert store.complete(key, owner, "from the dead", expires_after=600) is False


@pytest.mark.parametrize("place", RACED, indirect=True)
@pytest.mark.parametrize("before", ["nothing", "an ended lock"])
def test_of_many_threads_of_several_processes_one_wins_each_key(place: Place, store: Store, before: str) -> None:
    keys = [f"key:{number}" for number in range(KEYS)]
    if before != "nothing":
        for key in keys:
            assert claim(store, key, lock=0.05) is None
        for key in keys:
            wait_until_free(store, key)
    with ExitStack() as stack:
        processes = [stack.enter_context(Process("race", place, keys=keys)) for _ in range(PROCESSES)]
        for process in processes:
            assert process.says() == "ready"
        for process in processes:
            process.go()
        steps = [step for process in processes for step in process.says()]
    assert len(steps) == PROCESSES * THREADS * KEYS
    winners = {key: owner for key, owner, standing in steps if standing is None}
    assert sum(standing is None for _, _, standing in steps) == len(winners) == KEYS
    assert all(winners[key] == standing for key, _, standing in steps if standing is not None)
