"""`MemoryStore`, beyond what every store promises."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lambdakit.stores import MemoryStore, memory

if TYPE_CHECKING:
    import pytest


def test_clear_forgets_everything() -> None:
    store = MemoryStore()
    assert store.claim("k", "a" * 32, fingerprint="", lock=60, expires_after=60) is None
    store.clear()
    assert store.find("k") is None
    assert repr(store) == "<MemoryStore of 0 records>"


def test_expired_records_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    store = MemoryStore()
    for number in range(10_000):
        now[0] += 1
        assert store.claim(f"k{number}", "a" * 32, fingerprint="", lock=1, expires_after=10) is None
        assert store.complete(f"k{number}", "a" * 32, "1", expires_after=10)
        assert len(store._entries) <= memory._SWEEP
    assert store.find("k9999") is not None
