"""The promises of `Store.complete` and `Store.release`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._trial import LONG

if TYPE_CHECKING:
    from ._trial import Trial


class Endings:
    """Who can end a running record, and what is left of it then."""

    def test_a_completed_record_is_shown_to_whoever_claims_the_key(self, trial: Trial) -> None:
        """`complete` makes the record a completed one; it stands with its result."""
        first = trial.owner("first")
        first.claims()
        first.completes("the result")
        trial.stands(first, "the result")

    def test_a_completed_record_outlives_its_lock(self, trial: Trial) -> None:
        """A completed record stands until it expires; the times that its claim was given no longer count."""
        first = trial.owner("first")
        first.claims(lock=trial.short, kept=trial.short)
        first.completes(expires_after=LONG)
        trial.let_pass(3 * trial.short)
        trial.stands(first, "result")

    def test_a_completed_record_that_expired_can_be_claimed(self, trial: Trial) -> None:
        """A completed record ends `expires_after` seconds after its completion; nothing need sweep it away first."""
        first, second = trial.owner("first"), trial.owner("second")
        first.claims(lock=LONG)
        first.completes(expires_after=trial.short)
        trial.wait_until_free()
        second.claims()
        trial.stands(second)  # nothing of the first is left: no result, no fingerprint, no expiry
        second.completes("new")
        trial.stands(second, "new")

    def test_an_owner_whose_lock_ended_untaken_may_complete(self, trial: Trial) -> None:
        """A record is kept beyond the end of its lock; as long as nobody has claimed it since, it is its owner's."""
        slow = trial.owner("slow")
        slow.claims(lock=trial.short)
        trial.let_pass(2 * trial.short)
        slow.completes("late, but in time")
        trial.stands(slow, "late, but in time")

    def test_an_owner_whose_lock_ended_untaken_may_release(self, trial: Trial) -> None:
        """A record whose lock has ended is still its owner's to remove; what was removed cannot be completed."""
        slow = trial.owner("slow")
        slow.claims(lock=trial.short)
        trial.wait_until_free()
        slow.releases()
        slow.cannot_complete()
        trial.is_free()

    def test_a_late_completion_changes_nothing_while_the_new_owner_runs(self, trial: Trial) -> None:
        """Only the owner completes: an owner whose lock was taken over gets False, and the newer record stands."""
        late, new = trial.owner("late"), trial.owner("new")
        late.claims(lock=trial.short)
        trial.wait_until_free()
        new.claims()
        late.cannot_complete()
        trial.stands(new)
        new.completes("new")
        trial.stands(new, "new")

    def test_a_late_completion_changes_nothing_once_the_new_owner_is_done(self, trial: Trial) -> None:
        """A completed record is never replaced before it expires."""
        late, new = trial.owner("late"), trial.owner("new")
        late.claims(lock=trial.short)
        trial.wait_until_free()
        new.claims()
        new.completes("new")
        late.cannot_complete()
        trial.stands(new, "new")

    def test_a_late_completion_makes_no_record_where_the_new_owner_released(self, trial: Trial) -> None:
        """`complete` never makes a record: where there is none, it changes nothing."""
        late, new = trial.owner("late"), trial.owner("new")
        late.claims(lock=trial.short)
        trial.wait_until_free()
        new.claims()
        new.releases()
        late.cannot_complete()
        trial.is_free()

    def test_a_late_release_changes_nothing_while_the_new_owner_runs(self, trial: Trial) -> None:
        """Only the owner releases: an owner whose lock was taken over gets False, and the newer record stands."""
        late, new = trial.owner("late"), trial.owner("new")
        late.claims(lock=trial.short)
        trial.wait_until_free()
        new.claims()
        late.cannot_release()
        trial.stands(new)
        new.completes("new")
        trial.stands(new, "new")

    def test_a_late_release_changes_nothing_once_the_new_owner_is_done(self, trial: Trial) -> None:
        """A completed record is never removed before it expires."""
        late, new = trial.owner("late"), trial.owner("new")
        late.claims(lock=trial.short)
        trial.wait_until_free()
        new.claims()
        new.completes("new")
        late.cannot_release()
        trial.stands(new, "new")

    def test_a_stranger_can_neither_complete_nor_release(self, trial: Trial) -> None:
        """Only the owner completes and releases, also while its lock has not ended."""
        first, stranger = trial.owner("first"), trial.owner("one who never claimed")
        first.claims()
        stranger.cannot_complete()
        stranger.cannot_release()
        trial.stands(first)
        first.completes("done")
        stranger.cannot_complete()
        stranger.cannot_release()
        trial.stands(first, "done")

    def test_an_owner_may_repeat_its_completion(self, trial: Trial) -> None:
        """Where the record is completed already by the same owner, this repeats it after a lost reply: a success."""
        first = trial.owner("first")
        first.claims()
        first.completes("done")
        first.completes("done")
        trial.stands(first, "done")

    def test_a_completion_repeated_after_another_took_over_changes_nothing(self, trial: Trial) -> None:
        """A completion that was repeated too late, when the record had expired and was claimed, is refused."""
        late, new = trial.owner("late"), trial.owner("new")
        late.claims()
        late.completes("old", expires_after=trial.short)
        trial.wait_until_free()
        new.claims()
        late.cannot_complete("old")
        trial.stands(new)
        new.completes("new")
        late.cannot_complete("old")
        trial.stands(new, "new")

    def test_a_key_that_nobody_has_claimed_can_neither_be_completed_nor_released(self, trial: Trial) -> None:
        """Where there is no record, `complete` and `release` give False, and make none."""
        nobody = trial.owner("one who never claimed")
        nobody.cannot_complete()
        nobody.cannot_release()
        trial.is_free()
        first = trial.owner("first")
        first.claims()
        trial.stands(first)

    def test_a_released_key_can_be_claimed_at_once(self, trial: Trial) -> None:
        """`release` removes the owner's running record, so that the next claim succeeds."""
        first, second = trial.owner("first"), trial.owner("second")
        first.claims()
        first.releases()
        trial.is_free()
        second.claims()
        trial.stands(second)

    def test_a_released_record_is_no_longer_its_owners(self, trial: Trial) -> None:
        """After its release a record can be neither completed nor released again."""
        first, second = trial.owner("first"), trial.owner("second")
        first.claims()
        first.releases()
        first.cannot_complete()
        first.cannot_release()
        trial.is_free()
        second.claims()
        first.cannot_complete()
        first.cannot_release()
        trial.stands(second)

    def test_a_release_after_the_completion_changes_nothing(self, trial: Trial) -> None:
        """`release` is for running records: a completed one stays, for its own owner, too."""
        first = trial.owner("first")
        first.claims()
        first.completes("done")
        first.cannot_release()
        trial.stands(first, "done")
