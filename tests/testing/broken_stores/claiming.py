"""Stores that break a promise of `claim`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.testing.broken_stores.sound import Record, Sound, clock

if TYPE_CHECKING:
    from lambdakit.stores import StoredRecord


class TakesRunningRecords(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def stands(self, record: Record) -> bool:
        return record.result is not None and super().stands(record)


class CountsFromTheClaim(Sound):
    breaks = ("test_a_lock_that_holds_is_never_taken_however_old_its_record",)

    def stands(self, record: Record) -> bool:
        too_old = record.result is None and clock.time() > record.claimed_at + record.kept
        return super().stands(record) and not too_old


class NeverTakesOver(Sound):
    breaks = ("test_a_lock_that_ended_can_be_taken_over",)

    def stands(self, record: Record) -> bool:
        return record.result is None or super().stands(record)


class TakesOverOnce(Sound):
    breaks = ("test_a_lock_that_was_taken_over_can_be_taken_over_again", "test_a_lock_that_ended_is_taken_over_once")
    taken: bool = False

    def claimed(self, old: Record | None, new: Record) -> Record:
        if old and old.owner != new.owner and self.taken:
            return old
        self.taken = old is not None and old.owner != new.owner
        return new


class ForgetsFingerprints(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def claimed(self, old: Record | None, new: Record) -> Record:
        return replace(new, fingerprint="")


class CutsFingerprints(Sound):
    breaks = ("test_the_fingerprint_is_kept[64]",)

    def claimed(self, old: Record | None, new: Record) -> Record:
        return replace(new, fingerprint=new.fingerprint[:32])


class FillsFingerprints(Sound):
    breaks = ("test_the_fingerprint_is_kept[0]",)

    def claimed(self, old: Record | None, new: Record) -> Record:
        return replace(new, fingerprint=new.fingerprint or "none")


class KeepsTheOldFingerprint(Sound):
    breaks = ("test_a_lock_that_ended_can_be_taken_over", "test_a_record_that_nobody_kept_can_be_claimed")

    def claimed(self, old: Record | None, new: Record) -> Record:
        return replace(new, fingerprint=old.fingerprint) if old else new


class KeepsTheOldResult(Sound):
    breaks = (
        "test_a_completed_record_that_expired_can_be_claimed",
        "test_a_completion_repeated_after_another_took_over_changes_nothing",
    )

    def claimed(self, old: Record | None, new: Record) -> Record:
        return replace(new, result=old.result, expires_at=new.locked_until) if old else new


class MakesNoRecord(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def claimed(self, old: Record | None, new: Record) -> Record:
        return old or replace(new, locked_until=0.0)


class ExtendsTheLockForStrangers(Sound):
    breaks = ("test_a_running_record_is_shown_to_whoever_else_claims_the_key",)

    def refused(self, record: Record, lock: float) -> StoredRecord:
        record.locked_until = max(record.locked_until, clock.time() + lock)
        return super().refused(record, lock)


class RefusesOwnClaims(Sound):
    breaks = ("test_an_owner_may_repeat_its_claim",)

    def is_repeated(self, record: Record, owner: str) -> bool:
        return False


class KeepsTheFirstLock(Sound):
    breaks = (
        "test_the_lock_of_a_repeated_claim_is_as_long_as_if_it_were_the_first",
        "test_a_claim_repeated_after_its_lock_ended_untaken_holds_again",
    )

    def claimed(self, old: Record | None, new: Record) -> Record:
        return old if old and old.owner == new.owner else new


class RunsAgainWhatItCompleted(Sound):
    breaks = ("test_a_claim_repeated_after_its_completion_changes_nothing",)

    def is_repeated(self, record: Record, owner: str) -> bool:
        return record.owner == owner


class LetsLateOwnersBack(Sound):
    breaks = ("test_a_claim_repeated_after_another_took_over_is_refused",)

    def __init__(self, other: Sound | None = None) -> None:
        super().__init__(other)
        self.seen: set[tuple[str, str]] = set()

    def claim(self, key: str, owner: str, **options: Any) -> StoredRecord | None:
        if (key, owner) in self.seen and key in self.records and self.records[key].result is None:
            return None
        came = super().claim(key, owner, **options)
        if came is None:
            self.seen.add((key, owner))
        return came
