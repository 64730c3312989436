"""Stores for tests of `idempotent`: one that works, and one that fails where a test wants it to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdakit.stores import MemoryStore

if TYPE_CHECKING:
    from lambdakit.stores import StoredRecord


class WatchedStore:
    """A store in memory that counts its steps, and can be made to fail before or after one."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.steps: list[str] = []
        self.owners: list[str] = []
        self.keys: list[str] = []
        self.locks: list[float] = []
        self.fails: dict[str, Exception] = {}
        self.too_large: int | None = None

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name in self.fails:
            raise self.fails[name]

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        self._step("claim")
        self.keys.append(key)
        self.owners.append(owner)
        self.locks.append(lock)
        return self.inner.claim(key, owner, fingerprint=fingerprint, lock=lock, expires_after=expires_after)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        self._step("complete")
        if self.too_large is not None and len(result) > self.too_large:
            from lambdakit.errors import ResultTooLargeError

            msg = "too large"
            raise ResultTooLargeError(msg)
        return self.inner.complete(key, owner, result, expires_after=expires_after)

    def release(self, key: str, owner: str) -> bool:
        self._step("release")
        return self.inner.release(key, owner)

    def find(self, key: str) -> StoredRecord | None:
        self._step("find")
        return self.inner.find(key)

    def usurp(self, key: str, result: str | None = None) -> None:
        """Let another owner take a running record over, and perhaps complete it."""
        standing = self.inner.find(key)
        assert standing is not None
        assert self.inner.release(key, standing.owner)
        assert self.inner.claim(key, "f" * 32, fingerprint=standing.fingerprint, lock=60, expires_after=60) is None
        if result is not None:
            assert self.inner.complete(key, "f" * 32, result, expires_after=60)


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def calls() -> list[Any]:
    """What a handler under test notes."""
    return []
