"""Stores that break a promise of `find`, or give records that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.testing.broken_stores.sound import Record, Sound

if TYPE_CHECKING:
    from lambdakit.stores import StoredRecord


class FindsEndedLocks(Sound):
    breaks = ("test_find_agrees_with_claim_at_every_stage_and_changes_nothing",)

    def is_found(self, record: Record) -> bool:
        return record.result is None or self.stands(record)


class FindsExpiredRecords(Sound):
    breaks = (
        "test_a_completed_record_that_expired_can_be_claimed",
        "test_a_completed_record_that_expired_is_claimed_once",
    )

    def is_found(self, record: Record) -> bool:
        return record.result is not None or self.stands(record)


class FindsOnlyCompletedRecords(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def is_found(self, record: Record) -> bool:
        return record.result is not None and self.stands(record)


class SweepsWhatItFindsEnded(Sound):
    breaks = ("test_find_agrees_with_claim_at_every_stage_and_changes_nothing",)

    def find(self, key: str) -> StoredRecord | None:
        found = super().find(key)
        if found is None:
            self.records.pop(key, None)
        return found


class SweepsEndedLocks(Sound):
    """As with a time to live that is the lock's."""

    breaks = ("test_an_owner_whose_lock_ended_untaken_may_complete",)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        record = self.records.get(key)
        if record and not self.stands(record):
            del self.records[key]
        return super().complete(key, owner, result, expires_after=expires_after)


class ReadsStaleReplicas(Sound):
    breaks = ("test_a_running_record_is_shown_to_whoever_else_claims_the_key",)

    def __init__(self, other: Sound | None = None) -> None:
        super().__init__(other)
        self.cached: dict[str, StoredRecord | None] = {}

    def find(self, key: str) -> StoredRecord | None:
        found = self.cached.get(key) or super().find(key)
        self.cached[key] = found
        return found


class KeepsRecordsToItself(Sound):
    breaks = (
        "test_every_store_object_sees_each_step_that_has_ended",
        "test_of_many_claims_at_once_through_several_store_objects_one_wins",
    )

    def __init__(self, other: Sound | None = None) -> None:
        super().__init__()


class LeftInMilliseconds(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def left(self, until: float) -> float:
        return super().left(until) * 1000


class LeftAsATimestamp(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def left(self, until: float) -> float:
        return until


class LeftIsNothing(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def left(self, until: float) -> float:
        return 0.0


class GivesDicts(Sound):
    breaks = ("test_a_key_that_nobody_has_claimed_can_be_claimed",)

    def shown(self, record: Record) -> Any:
        return {"owner": record.owner, "result": record.result}
