"""Stores whose steps are not atomic."""

from __future__ import annotations

import time as real_time
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

from tests.testing.broken_stores.sound import Sound, clock

if TYPE_CHECKING:
    from lambdakit.stores import StoredRecord


class NotAtomic(Sound):
    breaks: tuple[str, ...] = (
        "test_of_many_claims_at_once_one_wins",
        "test_a_lock_that_ended_is_taken_over_once",
        "test_a_completed_record_that_expired_is_claimed_once",
        "test_of_many_claims_while_the_owner_releases_one_wins_at_most",
    )
    step = "claim"

    def atomic(self, step: str) -> AbstractContextManager[Any]:
        return nullcontext() if step == self.step else super().atomic(step)

    def gap(self, step: str) -> None:
        if step == self.step:
            real_time.sleep(0.001)  # wide enough for one of the others to come between


class CompletesNotAtomically(NotAtomic):
    breaks = ("test_of_late_completions_and_claims_at_once_one_side_wins",)
    step = "complete"


class ReleasesNotAtomically(NotAtomic):
    breaks = ("test_of_late_releases_and_claims_at_once_one_claim_wins",)
    step = "release"


class AtomicWithinOneObject(NotAtomic):
    """What a lock in memory is worth to a store that is shared."""

    breaks = ("test_of_many_claims_at_once_through_several_store_objects_one_wins",)

    def __init__(self, other: Sound | None = None) -> None:
        super().__init__(other)
        self.lock = Lock()

    def atomic(self, step: str) -> AbstractContextManager[Any]:
        return self.lock


class CompletesByRemovingAndAdding(Sound):
    breaks = ("test_no_claim_succeeds_while_the_owner_completes",)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        with self.lock:
            record = self.records.get(key)
            if record is None or not self.may_complete(record, owner):
                return False
            del self.records[key]
        real_time.sleep(0.001)
        with self.lock:
            self.records[key] = self.completed(record, result, clock.time() + expires_after)
        return True


class ClaimsTwiceForOneOwner(Sound):
    """A repeated claim finds a first one half done, and waits for it in vain."""

    breaks = ("test_the_same_claim_and_the_same_completion_may_arrive_many_times_at_once",)

    def __init__(self, other: Sound | None = None) -> None:
        super().__init__(other)
        self.claiming: set[str] = set()

    def claim(self, key: str, owner: str, **options: Any) -> StoredRecord | None:
        if owner in self.claiming:
            raise TimeoutError
        self.claiming.add(owner)
        real_time.sleep(0.001)
        try:
            return super().claim(key, owner, **options)
        finally:
            self.claiming.discard(owner)


class MixesKeysUp(Sound):
    """Steps with several keys share what they should not."""

    breaks = ("test_many_keys_at_once_do_not_disturb_one_another",)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        self.pending = result
        real_time.sleep(0.001)
        return super().complete(key, owner, self.pending, expires_after=expires_after)
