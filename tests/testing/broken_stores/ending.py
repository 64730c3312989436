"""Stores that break a promise of `complete` or of `release`."""

from __future__ import annotations

from dataclasses import replace

from tests.testing.broken_stores.sound import Record, Sound


class LetsStrangersComplete(Sound):
    breaks = ("test_a_stranger_can_neither_complete_nor_release",)

    def may_complete(self, record: Record, owner: str) -> bool:
        return True


class LetsStrangersCompleteWhatRuns(Sound):
    breaks = ("test_a_late_completion_changes_nothing_while_the_new_owner_runs",)

    def may_complete(self, record: Record, owner: str) -> bool:
        return record.owner == owner or record.result is None


class LetsStrangersCompleteWhatIsCompleted(Sound):
    breaks = ("test_a_late_completion_changes_nothing_once_the_new_owner_is_done",)

    def may_complete(self, record: Record, owner: str) -> bool:
        return record.owner == owner or record.result is not None


class CompletesWhatIsNotThere(Sound):
    breaks = (
        "test_a_late_completion_makes_no_record_where_the_new_owner_released",
        "test_a_key_that_nobody_has_claimed_can_neither_be_completed_nor_released",
    )

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        if key not in self.records:
            self.claim(key, owner, fingerprint="", lock=1.0, expires_after=1.0)
        return super().complete(key, owner, result, expires_after=expires_after)


class RefusesSlowOwners(Sound):
    breaks = ("test_an_owner_whose_lock_ended_untaken_may_complete",)

    def may_complete(self, record: Record, owner: str) -> bool:
        return super().may_complete(record, owner) and (record.result is not None or self.stands(record))


class RefusesRepeatedCompletions(Sound):
    breaks = ("test_an_owner_may_repeat_its_completion",)

    def may_complete(self, record: Record, owner: str) -> bool:
        return super().may_complete(record, owner) and record.result is None


class ExpiresWithTheLock(Sound):
    breaks = ("test_a_completed_record_outlives_its_lock",)

    def completed(self, record: Record, result: str, expires_at: float) -> Record:
        return replace(record, result=result, expires_at=record.locked_until)


class ExpiresAsClaimed(Sound):
    breaks = ("test_a_completed_record_is_shown_to_whoever_claims_the_key",)

    def completed(self, record: Record, result: str, expires_at: float) -> Record:
        return replace(record, result=result, expires_at=record.locked_until + record.kept)


class WaitsForASweeper(Sound):
    breaks = ("test_a_completed_record_that_expired_can_be_claimed",)

    def stands(self, record: Record) -> bool:
        return record.result is not None or super().stands(record)


class DropsTheResult(Sound):
    breaks = ("test_a_completed_record_is_shown_to_whoever_claims_the_key",)

    def completed(self, record: Record, result: str, expires_at: float) -> Record:
        return replace(record, locked_until=expires_at)


class ForgetsFingerprintsOnceCompleted(Sound):
    breaks = ("test_a_completed_record_is_shown_to_whoever_claims_the_key",)

    def completed(self, record: Record, result: str, expires_at: float) -> Record:
        return replace(super().completed(record, result, expires_at), fingerprint="")


class LetsStrangersRelease(Sound):
    breaks = ("test_a_late_release_changes_nothing_once_the_new_owner_is_done",)

    def may_release(self, record: Record, owner: str) -> bool:
        return True


class LetsStrangersReleaseWhatRuns(Sound):
    breaks = ("test_a_late_release_changes_nothing_while_the_new_owner_runs",)

    def may_release(self, record: Record, owner: str) -> bool:
        return record.result is None


class ReleasesItsCompletedRecords(Sound):
    breaks = ("test_a_release_after_the_completion_changes_nothing",)

    def may_release(self, record: Record, owner: str) -> bool:
        return record.owner == owner


class RefusesSlowReleases(Sound):
    breaks = ("test_an_owner_whose_lock_ended_untaken_may_release",)

    def may_release(self, record: Record, owner: str) -> bool:
        return super().may_release(record, owner) and self.stands(record)


class ReleasesNothing(Sound):
    breaks = ("test_a_released_key_can_be_claimed_at_once",)

    def release(self, key: str, owner: str) -> bool:
        record = self.records.get(key)
        return record is not None and self.may_release(record, owner)


class ReleasesAnything(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_neither_be_completed_nor_released",)

    def release(self, key: str, owner: str) -> bool:
        super().release(key, owner)
        return True


class RemembersReleased(Sound):
    """The record is only marked: it stays its owner's."""

    breaks = ("test_a_released_record_is_no_longer_its_owners",)

    def release(self, key: str, owner: str) -> bool:
        record = self.records.get(key)
        if record is None or not self.may_release(record, owner):
            return False
        record.locked_until = 0.0
        return True
