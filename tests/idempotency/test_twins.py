"""Two calls with one key at the same time, and owners that come late."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import InProgressError, OwnershipLostError, StoreError, idempotent
from lambdakit._counted import listener
from lambdakit.stores import MemoryStore, SQLiteStore
from lambdakit.testing import FakeContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import AsKind
    from tests.idempotency.conftest import WatchedStore


@pytest.fixture
def counts() -> Iterator[dict[str, int]]:
    """What was counted during the test."""
    found: dict[str, int] = {}

    def listen(name: str, number: int) -> None:
        found[name] = found.get(name, 0) + number

    token = listener.set(listen)
    yield found
    listener.reset(token)


def test_wait_gives_the_result_of_a_twin_in_another_thread(store: WatchedStore) -> None:
    started, go_on = threading.Event(), threading.Event()

    @idempotent(store, key=lambda event: "1", on_running="wait")
    def handler(event: Any, context: Any) -> str:
        started.set()
        assert go_on.wait(10)
        return "from the first"

    results: list[str] = []
    first = threading.Thread(target=lambda: results.append(handler({}, None)))
    second = threading.Thread(target=lambda: results.append(handler({}, None)))
    first.start()
    assert started.wait(10)
    started.clear()
    second.start()
    while "find" not in store.steps:
        pass
    go_on.set()
    first.join()
    second.join()
    assert results == ["from the first"] * 2
    assert not started.is_set()


def test_wait_gives_the_result_of_a_twin_on_the_same_loop(store: WatchedStore) -> None:
    async def main() -> list[str]:
        runs: list[str] = []

        @idempotent(store, key=lambda event: "1", on_running="wait")
        async def handler(event: Any, context: Any) -> str:
            runs.append("ran")
            while "find" not in store.steps:  # noqa: ASYNC110 - a store has no event to wait for
                await asyncio.sleep(0.01)
            return f"run {len(runs)}"

        return await asyncio.gather(*(handler.acall({}, None) for _ in range(5)))

    assert asyncio.run(main()) == ["run 1"] * 5


def test_wait_runs_itself_when_the_twin_fails(as_kind: AsKind, store: WatchedStore) -> None:
    other = threading.Event()

    @idempotent(store, key=lambda event: "1", on_running="wait", fingerprint=None)
    @as_kind
    def handler(event: Any, context: Any) -> str:
        return "ran"

    key = idempotent_key(store, handler)
    store.inner.claim(key, "f" * 32, fingerprint="", lock=60, expires_after=60)
    real = store.find

    def find(key: str) -> Any:
        if not other.is_set():
            other.set()
            store.inner.release(key, "f" * 32)
        return real(key)

    store.find = find  # type: ignore[method-assign]
    assert handler({}, None) == "ran"


def test_wait_takes_over_when_the_lock_of_a_dead_twin_ends(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1", on_running="wait", fingerprint=None)
    @as_kind
    def handler(event: Any, context: Any) -> str:
        return "ran"

    key = idempotent_key(store, handler)
    store.inner.claim(key, "f" * 32, fingerprint="", lock=0.2, expires_after=60)
    assert handler({}, None) == "ran"


def test_a_handler_does_not_wait_for_itself(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1", on_running="wait", fingerprint=None)
    def inner(event: Any, context: Any) -> str:
        return inner(event, context)

    @idempotent(store, key=lambda event: "2")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        return inner(event, context)

    with pytest.raises(InProgressError):
        handler({}, None)
    assert "find" not in store.steps


def test_wait_ends_before_the_deadline(as_kind: AsKind, store: WatchedStore) -> None:
    context = FakeContext(timeout=10)

    @idempotent(store, key=lambda event: "1", on_running="wait", fingerprint=None)
    @as_kind
    def handler(event: Any, context: Any) -> str:
        raise AssertionError

    key = idempotent_key(store, handler)
    store.inner.claim(key, "f" * 32, fingerprint="", lock=60, expires_after=60)
    real = store.find

    def find(key: str) -> Any:
        context.advance(5)
        return real(key)

    store.find = find  # type: ignore[method-assign]
    with pytest.raises(InProgressError):
        handler({}, context)


def test_wait_tells_when_the_store_fails_meanwhile(as_kind: AsKind, store: WatchedStore) -> None:
    store.fails["find"] = ConnectionError()

    @idempotent(store, key=lambda event: "1", on_running="wait", fingerprint=None)
    @as_kind
    def handler(event: Any, context: Any) -> str:
        raise AssertionError

    store.inner.claim(idempotent_key(store, handler), "f" * 32, fingerprint="", lock=60, expires_after=60)
    with pytest.raises(StoreError, match="at find"):
        handler({}, None)


def idempotent_key(store: WatchedStore, handler: Any) -> str:
    """The stored key of a handler that has the key "1"."""

    def stop(*args: Any, **kwargs: Any) -> Any:
        raise KeyError(args[0])

    real, store.claim = store.claim, stop  # type: ignore[method-assign]
    try:
        with pytest.raises(StoreError) as caught:
            handler({}, None)
    finally:
        store.claim = real  # type: ignore[method-assign]
    assert caught.value.__cause__ is not None
    return str(caught.value.__cause__.args[0])


def test_a_late_owner_is_logged_and_counted_and_the_newer_record_stands(
    as_kind: AsKind, store: WatchedStore, caplog: pytest.LogCaptureFixture, counts: dict[str, int]
) -> None:
    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        store.usurp(store.keys[0], result='"newer"')
        return "late"

    assert handler({}, None) == "late"
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
    assert record.exc_info[0] is OwnershipLostError
    assert counts == {"OwnershipLost": 1}
    assert handler({}, None) == "newer"


def test_an_owner_whose_lock_ran_out_untaken_completes(as_kind: AsKind, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])

    @idempotent(MemoryStore(), key=lambda event: "1", lock=1)
    @as_kind
    def handler(event: Any, context: Any) -> str:
        now[0] += 10
        return f"at {now[0]}"

    assert handler({}, None) == handler({}, None) == "at 1010.0"


def test_a_result_that_the_store_does_not_take_is_returned_all_the_same(
    as_kind: AsKind, store: WatchedStore, caplog: pytest.LogCaptureFixture, counts: dict[str, int]
) -> None:
    store.fails["complete"] = ConnectionError()

    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        return "charged"

    assert handler({}, None) == "charged"
    assert "ran to its end, but its result was not stored" in caplog.text
    assert counts == {"StoreFailed": 1}
    with pytest.raises(InProgressError):  # it is not run again while the lock holds
        handler({}, None)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_of_fifty_at_once_one_runs(kind: str, tmp_path: Path, calls: list[Any]) -> None:
    store = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "records.db")
    together = threading.Barrier(50)
    outcomes: list[str] = []

    @idempotent(store, key=lambda event: event["id"])
    def handler(event: Any, context: Any) -> str:
        calls.append(event["id"])
        return "done"

    def race(number: int) -> None:
        together.wait()
        try:
            outcomes.append(handler({"id": number}, None))
        except InProgressError:
            outcomes.append("in progress")

    for number in range(5):
        threads = [threading.Thread(target=race, args=(number,)) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert calls == [0, 1, 2, 3, 4]
    assert len(outcomes) == 250
    assert set(outcomes) <= {"done", "in progress"}
