"""A store that breaks no promise, cut into small pieces, for others to replace one of them; on the tests' own time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from lambdakit.stores import StoredRecord

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Time:
    """What the suite and the stores take for the time."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds


clock = Time()


@dataclass
class Record:
    owner: str
    fingerprint: str
    claimed_at: float
    locked_until: float
    kept: float
    result: str | None = None
    expires_at: float = 0.0


class Sound:
    """Breaks nothing. It is cut into small pieces, so that those below need to replace only one."""

    breaks: tuple[str, ...] = ()
    """Tests of the suite that must fail for it. They need not be all that do."""

    def __init__(self, other: Sound | None = None) -> None:
        self.records: dict[str, Record] = other.records if other else {}
        self.lock: AbstractContextManager[Any] = other.lock if other else Lock()

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        with self.atomic("claim"):
            record = self.records.get(self.named(key))
            if record and self.stands(record) and not self.is_repeated(record, owner):
                return self.refused(record, lock)
            self.gap("claim")
            now = clock.time()
            new = Record(owner, fingerprint, now, now + lock, expires_after)
            self.records[self.named(key)] = self.claimed(record, new)
        return None

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        with self.atomic("complete"):
            record = self.records.get(self.named(key))
            if record is None or not self.may_complete(record, owner):
                return False
            self.gap("complete")
            expires_at = clock.time() + expires_after
            self.records[self.named(key)] = self.completed(record, self.written(result), expires_at)
        return True

    def release(self, key: str, owner: str) -> bool:
        with self.atomic("release"):
            record = self.records.get(self.named(key))
            if record is None or not self.may_release(record, owner):
                return False
            self.gap("release")
            self.records.pop(self.named(key), None)
        return True

    def find(self, key: str) -> StoredRecord | None:
        with self.lock:
            record = self.records.get(self.named(key))
            return self.shown(record) if record and self.is_found(record) else None

    def atomic(self, step: str) -> AbstractContextManager[Any]:
        return self.lock

    def gap(self, step: str) -> None:
        pass

    def named(self, key: str) -> str:
        return key

    def stands(self, record: Record) -> bool:
        return clock.time() < (record.locked_until if record.result is None else record.expires_at)

    def is_found(self, record: Record) -> bool:
        return self.stands(record)

    def is_repeated(self, record: Record, owner: str) -> bool:
        return record.owner == owner and record.result is None

    def refused(self, record: Record, lock: float) -> StoredRecord:
        return self.shown(record)

    def claimed(self, old: Record | None, new: Record) -> Record:
        return new

    def may_complete(self, record: Record, owner: str) -> bool:
        return record.owner == owner

    def may_release(self, record: Record, owner: str) -> bool:
        return record.owner == owner and record.result is None

    def completed(self, record: Record, result: str, expires_at: float) -> Record:
        return replace(record, result=result, expires_at=expires_at)

    def written(self, result: str) -> str:
        return result

    def left(self, until: float) -> float:
        return until - clock.time()

    def shown(self, record: Record) -> StoredRecord:
        until = record.locked_until if record.result is None else record.expires_at
        return StoredRecord(
            owner=record.owner, fingerprint=record.fingerprint, result=record.result, left=self.left(until)
        )
