"""Records in the memory of the process: for tests, and for functions where one sandbox is all there is."""

from __future__ import annotations

import threading
import time as _time

from lambdakit.idempotency._store import StoredRecord

_SWEEP = 1_000  # records, at least, before those that have expired are looked for


class _Entry:
    __slots__ = ("expires_at", "fingerprint", "locked_until", "owner", "result")

    def __init__(self, owner: str, fingerprint: str, locked_until: float, expires_at: float) -> None:
        self.owner = owner
        self.fingerprint = fingerprint
        self.result: str | None = None
        self.locked_until = locked_until
        self.expires_at = expires_at

    @property
    def stands_until(self) -> float:
        return self.locked_until if self.result is None else self.expires_at


class MemoryStore:
    """Records in the memory of this process.

    For tests, and for what is called repeatedly in one process. In a Lambda runtime, where an event may come to any of
    many sandboxes, `idempotent` refuses this store unless it is said that protecting each sandbox for itself is meant.

    Args:
        per_sandbox: Whether to allow it in a Lambda runtime.

    Limitations:
        Nothing is shared with other processes, and nothing outlives this one. The clock is the machine's.
    """

    blocks = False
    """A step takes microseconds: async functions call it with no thread."""

    def __init__(self, *, per_sandbox: bool = False) -> None:
        self.per_sandbox = per_sandbox
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._sweep_at = _SWEEP

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        """See `Store.claim`."""
        now = _time.time()
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.stands_until > now and (entry.owner != owner or entry.result is not None):
                return _shown(entry, now)
            if len(self._entries) >= self._sweep_at:
                self._sweep(now)
            self._entries[key] = _Entry(owner, fingerprint, now + lock, now + lock + expires_after)
        return None

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """See `Store.complete`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.owner != owner:
                return False
            entry.result = result
            entry.expires_at = _time.time() + expires_after
        return True

    def release(self, key: str, owner: str) -> bool:
        """See `Store.release`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.owner != owner or entry.result is not None:
                return False
            del self._entries[key]
        return True

    def find(self, key: str) -> StoredRecord | None:
        """See `Store.find`."""
        now = _time.time()
        with self._lock:
            entry = self._entries.get(key)
            return None if entry is None or entry.stands_until <= now else _shown(entry, now)

    def clear(self) -> None:
        """Forget every record: between tests."""
        with self._lock:
            self._entries.clear()

    def _sweep(self, now: float) -> None:
        self._entries = {key: entry for key, entry in self._entries.items() if entry.expires_at > now}
        self._sweep_at = max(_SWEEP, 2 * len(self._entries))

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self._entries)} records>"


def _shown(entry: _Entry, now: float) -> StoredRecord:
    return StoredRecord(
        owner=entry.owner, fingerprint=entry.fingerprint, result=entry.result, left=entry.stands_until - now
    )
