"""Completed records of this process, a bounded number of them, so that a repetition need not ask the store."""

from __future__ import annotations

import threading
import time as _time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._store import StoredRecord


class Cache:
    """The records that were used last.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._records: dict[str, tuple[StoredRecord, float]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> StoredRecord | None:
        """The completed record under a key, unless it has expired or made way for others."""
        with self._lock:
            found = self._records.pop(key, None)
            if found is None or found[1] <= _time.time():
                return None
            self._records[key] = found  # the last one used
            return found[0]

    def put(self, key: str, record: StoredRecord) -> None:
        """Keep a completed record."""
        with self._lock:
            self._records.pop(key, None)
            self._records[key] = (record, _time.time() + record.left)
            if len(self._records) > self._size:
                del self._records[next(iter(self._records))]
