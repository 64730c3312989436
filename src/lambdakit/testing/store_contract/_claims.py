"""The promises of `Store.claim`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ._trial import LONG

if TYPE_CHECKING:
    from ._trial import Trial


class Claims:
    """When a key can be claimed, and when it cannot."""

    def test_a_key_that_nobody_has_claimed_can_be_claimed(self, trial: Trial) -> None:
        """`claim` makes a running record, unless there is one that stands."""
        trial.is_free()
        first = trial.owner("first")
        first.claims()
        trial.stands(first)

    def test_a_running_record_is_shown_to_whoever_else_claims_the_key(self, trial: Trial) -> None:
        """`claim` gives the record that stands, as often as it is asked, and a claim that failed changes nothing."""
        first = trial.owner("first")
        first.claims()
        for name in ("second", "third"):
            trial.expect_record(trial.owner(name).try_claim(lock=2 * LONG), first, None)
        trial.stands(first)
        first.completes("done")
        trial.stands(first, "done")

    @pytest.mark.parametrize("length", [0, 64])
    def test_the_fingerprint_is_kept(self, length: int, trial: Trial) -> None:
        """The fingerprint of a claim is kept beside its record, running and completed: up to 64 characters, or none."""
        first = trial.owner("first", fingerprint=("0123456789abcdef" * 4)[:length])
        first.claims()
        trial.stands(first)
        first.completes()
        trial.stands(first, "result")

    def test_a_lock_that_holds_is_never_taken_however_old_its_record(self, trial: Trial) -> None:
        """A running record stands until its lock ends; `expires_after` counts from that end, and not from the claim."""
        first = trial.owner("first")
        first.claims(lock=LONG, kept=trial.short)
        trial.let_pass(2 * trial.short)
        trial.stands(first)
        first.completes()
        trial.stands(first, "result")

    def test_a_lock_that_ended_can_be_taken_over(self, trial: Trial) -> None:
        """A running record whose lock has ended does not stand: the claim of another makes it wholly its own."""
        first, second = trial.owner("first"), trial.owner("second")
        first.claims(lock=trial.short)
        trial.wait_until_free()
        second.claims()
        trial.stands(second)
        second.completes()
        trial.stands(second, "result")

    def test_a_lock_that_was_taken_over_can_be_taken_over_again(self, trial: Trial) -> None:
        """It does not matter to a claim how often the key was taken over before."""
        for name in ("first", "second"):
            trial.owner(name).claims(lock=trial.short)
            trial.wait_until_free()
        third = trial.owner("third")
        third.claims()
        trial.stands(third)

    def test_a_record_that_nobody_kept_can_be_claimed(self, trial: Trial) -> None:
        """A record is kept for `expires_after` beyond the end of its lock, at least; then, too, the key is free."""
        trial.owner("first").claims(lock=trial.short, kept=trial.short)
        trial.let_pass(3 * trial.short)
        trial.is_free()
        second = trial.owner("second")
        second.claims()
        trial.stands(second)

    def test_an_owner_may_repeat_its_claim(self, trial: Trial) -> None:
        """The owner's own running record is no obstacle: it claims again after a lost reply."""
        first = trial.owner("first")
        first.claims()
        first.claims()
        trial.stands(first)
        first.completes()

    def test_the_lock_of_a_repeated_claim_is_as_long_as_if_it_were_the_first(self, trial: Trial) -> None:
        """A claim that gives None holds for `lock` seconds from then on, also where the record was its own before."""
        first = trial.owner("first")
        first.claims(lock=LONG)
        first.claims(lock=2 * LONG)
        trial.stands(first)

    def test_a_claim_repeated_after_its_lock_ended_untaken_holds_again(self, trial: Trial) -> None:
        """A repeated claim is as good as a first one, also when its lock had ended meanwhile."""
        first = trial.owner("first")
        first.claims(lock=trial.short)
        trial.wait_until_free()
        first.claims()
        trial.stands(first)

    def test_a_claim_repeated_after_another_took_over_is_refused(self, trial: Trial) -> None:
        """An owner whose lock was taken over is a stranger to the new record."""
        late, new = trial.owner("late"), trial.owner("new")
        late.claims(lock=trial.short)
        trial.wait_until_free()
        new.claims()
        trial.expect_record(late.try_claim(), new, None)
        trial.stands(new)
        new.completes()
        trial.stands(new, "result")

    def test_a_claim_repeated_after_its_completion_changes_nothing(self, trial: Trial) -> None:
        """A completed record stands, also to a claim of its own owner that arrives late: it must not run again."""
        first = trial.owner("first")
        first.claims()
        first.completes("done")
        trial.expect_record(first.try_claim(), first, "done")
        trial.stands(first, "done")

    def test_find_agrees_with_claim_at_every_stage_and_changes_nothing(self, trial: Trial) -> None:
        """`find` gives what a claim of another would give, and None exactly where such a claim would succeed."""
        first, second = trial.owner("first"), trial.owner("second")
        trial.is_free()
        first.claims()
        trial.stands(first)
        first.releases()
        trial.is_free()
        first.claims(lock=trial.short)
        trial.wait_until_free()
        first.completes(expires_after=LONG)  # what was found to be free is still its own
        trial.stands(first, "result")

        again = trial.other()
        first, second = again.owner("first"), again.owner("second")
        first.claims()
        first.completes(expires_after=again.short)
        again.wait_until_free()
        second.claims()
        again.stands(second)

    def test_every_store_object_sees_each_step_that_has_ended(self, trial: Trial) -> None:
        """`find` and `claim` see every step that has ended, through whichever store object: no stale replicas."""
        here, there = trial.new_store(), trial.new_store()
        first, second = trial.owner("first", store=here), trial.owner("second", store=there)
        first.claims()
        trial.stands(first, store=there)
        first.releases()
        second.claims()
        trial.stands(second, store=here)
        second.completes("done")
        trial.stands(second, "done", store=here)
        first.cannot_complete()
        trial.stands(second, "done", store=there)
