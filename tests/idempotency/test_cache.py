"""Completed records in memory, so that a repetition in the same sandbox asks no store."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import PayloadMismatchError, idempotent

if TYPE_CHECKING:
    from tests.conftest import AsKind
    from tests.idempotency.conftest import WatchedStore


def test_off_by_default(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: event["id"])
    @as_kind
    def handler(event: Any, context: Any) -> None: ...

    for _ in range(3):
        handler({"id": 1}, None)
    assert store.steps == ["claim", "complete", "claim", "claim"]


def test_a_repetition_asks_no_store(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: event["id"], cache=10)
    @as_kind
    def handler(event: Any, context: Any) -> list[int]:
        return [1]

    first = handler({"id": 1}, None)
    assert handler({"id": 1}, None) == first
    assert store.steps == ["claim", "complete"]


def test_what_another_sandbox_completed_is_kept_too(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: event["id"], name="shared")
    def elsewhere(event: Any, context: Any) -> str:
        return "elsewhere"

    @idempotent(store, key=lambda event: event["id"], name="shared", cache=10)
    def handler(event: Any, context: Any) -> str:
        raise AssertionError

    elsewhere({"id": 1}, None)
    assert handler({"id": 1}, None) == handler({"id": 1}, None) == "elsewhere"
    assert store.steps == ["claim", "complete", "claim"]


def test_the_payload_is_compared_all_the_same(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: event["id"], cache=10)
    def handler(event: Any, context: Any) -> None: ...

    handler({"id": 1}, None)
    with pytest.raises(PayloadMismatchError):
        handler({"id": 1, "more": 2}, None)


def test_a_failed_call_is_not_kept(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: event["id"], cache=10)
    def handler(event: Any, context: Any) -> str:
        if store.steps == ["claim"]:
            raise ValueError
        return "done"

    with pytest.raises(ValueError):  # noqa: PT011
        handler({"id": 1}, None)
    assert handler({"id": 1}, None) == "done"


def test_the_record_that_was_not_used_longest_makes_way(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: event["id"], cache=2)
    def handler(event: Any, context: Any) -> None: ...

    for name in ("a", "b", "a", "c"):
        handler({"id": name}, None)
    store.steps.clear()
    handler({"id": "a"}, None)
    handler({"id": "c"}, None)
    assert store.steps == []
    handler({"id": "b"}, None)
    assert store.steps == ["claim"]


def test_a_record_that_has_expired_is_asked_for_again(store: WatchedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])

    @idempotent(store, key=lambda event: event["id"], cache=2, expires_after=60)
    def handler(event: Any, context: Any) -> float:
        return now[0]

    assert handler({"id": 1}, None) == 1_000.0
    now[0] += 59
    assert handler({"id": 1}, None) == 1_000.0
    now[0] += 1
    assert handler({"id": 1}, None) == 1_060.0


def test_it_is_safe_in_threads(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: event["id"], cache=3)
    def handler(event: Any, context: Any) -> int:
        return int(event["id"])

    wrong: list[Any] = []

    def work() -> None:
        for number in range(500):
            try:
                if handler({"id": number % 7}, None) != number % 7:
                    wrong.append(number)
            except Exception as error:
                if type(error).__name__ != "InProgressError":
                    wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
