"""Each step is atomic: what must hold when many are taken at once."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from ._trial import rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lambdakit.idempotency._store import StoredRecord

    from ._race import Race
    from ._trial import Owner, Trial

_STORE_OBJECTS = 5


class Races:
    """Of any number of callers, one wins."""

    racers: int
    rounds: int

    def test_of_many_claims_at_once_one_wins(self, trial: Trial, race: Race) -> None:
        """`claim` is one atomic step: of any number of callers one gets None, and all others get its record."""
        for each in rounds(trial, self.rounds):
            self._one_wins(each, race, each.owners(self.racers))

    def test_of_many_claims_at_once_through_several_store_objects_one_wins(self, trial: Trial, race: Race) -> None:
        """`claim` is one atomic step in the store itself: it does not matter through which store object it is taken."""
        stores = [trial.new_store() for _ in range(_STORE_OBJECTS)]
        for each in rounds(trial, self.rounds):
            self._one_wins(each, race, each.owners(self.racers, stores))

    def test_a_lock_that_ended_is_taken_over_once(self, trial: Trial, race: Race) -> None:
        """Of any number of callers that find a lock ended, one takes over, and all others get its record."""
        for each, _ in self._with_ended_locks(trial):
            self._one_wins(each, race, each.owners(self.racers))

    def test_a_completed_record_that_expired_is_claimed_once(self, trial: Trial, race: Race) -> None:
        """Of any number of callers that find a completed record expired, one claims the key."""
        trials = list(rounds(trial, self.rounds))
        for each in trials:
            first = each.owner("first")
            first.claims()
            first.completes(expires_after=trial.short)
        for each in trials:
            each.wait_until_free()
            self._one_wins(each, race, each.owners(self.racers))

    def test_of_late_completions_and_claims_at_once_one_side_wins(self, trial: Trial, race: Race) -> None:
        """An owner whose lock has ended may complete, or one other may take over, but never both."""
        for each, late in self._with_ended_locks(trial):
            racers = each.owners(self.racers // 2)
            repetitions = self.racers - len(racers)
            completed, claims = race.between([_complete(late)] * repetitions, [_claim(racer) for racer in racers])
            if any(completed):
                each.expect(all(completed), "True from each repetition of the completion", _count(completed))
                each.expect(all(claims), "None from no claim, since the completion gave True", _winners(racers, claims))
                for record in claims:
                    each.expect_record(record, late, "result")
                each.stands(late, "result")
            else:
                self._check_one_winner(each, racers, claims)

    def test_of_late_releases_and_claims_at_once_one_claim_wins(self, trial: Trial, race: Race) -> None:
        """A late release never removes what another has claimed meanwhile: one of all claims gives None."""
        for each, late in self._with_ended_locks(trial):
            racers = each.owners(self.racers // 2)
            repetitions = self.racers - len(racers)
            released, claims = race.between([late.try_release] * repetitions, [_claim(racer) for racer in racers])
            each.expect(sum(released) <= 1, "True from one release at most", _count(released))
            self._check_one_winner(each, racers, claims)

    def test_no_claim_succeeds_while_the_owner_completes(self, trial: Trial, race: Race) -> None:
        """`complete` is one atomic step: there is no moment between the running record and the completed one."""
        for each in rounds(trial, self.rounds):
            owner, racers = each.owner("owner"), each.owners(self.racers - 1)
            owner.claims()
            (completed,), claims = race.between([_complete(owner)], [_claim(racer) for racer in racers])
            each.expect(completed is True, "True from the completion", repr(completed))
            each.expect(all(claims), "None from no claim", _winners(racers, claims))
            each.stands(owner, "result")

    def test_of_many_claims_while_the_owner_releases_one_wins_at_most(self, trial: Trial, race: Race) -> None:
        """`release` is one atomic step: of the claims that come after it, one wins."""
        for each in rounds(trial, self.rounds):
            owner, racers = each.owner("owner"), each.owners(self.racers - 1)
            owner.claims()
            (released,), claims = race.between([owner.try_release], [_claim(racer) for racer in racers])
            each.expect(released is True, "True from the release", repr(released))
            if all(claims):
                each.is_free()
            else:
                self._check_one_winner(each, racers, claims, before=owner)

    def test_the_same_claim_and_the_same_completion_may_arrive_many_times_at_once(
        self, trial: Trial, race: Race
    ) -> None:
        """A step may be repeated before its first attempt has ended; each is a success."""
        for each in rounds(trial, self.rounds):
            owner = each.owner("owner")
            came = race([_claim(owner)] * self.racers)
            each.expect(not any(came), "None from each claim, since all are of one owner", _count(came))
            each.stands(owner)
            done = race([_complete(owner)] * self.racers)
            each.expect(set(done) == {True}, "True from each completion, since all are of one owner", _count(done))
            each.stands(owner, "result")

    def test_many_keys_at_once_do_not_disturb_one_another(self, trial: Trial, race: Race) -> None:
        """Steps with other keys change nothing, also when they are taken at the same time."""

        def live(each: Trial) -> None:
            __tracebackhide__ = True
            owner = each.owner("owner")
            owner.claims()
            each.stands(owner)
            owner.completes(owner.token)
            each.stands(owner, owner.token)

        for _ in range(self.rounds):
            trials = list(rounds(trial, self.racers))
            race([partial(live, each) for each in trials])

    def _with_ended_locks(self, trial: Trial) -> list[tuple[Trial, Owner]]:
        """A trial for each round, and the owner of its record, whose lock has ended: all waited for at once."""
        pairs = [(each, each.owner("late")) for each in rounds(trial, self.rounds)]
        for _, late in pairs:
            late.claims(lock=trial.short)
        for each, _ in pairs:
            each.wait_until_free()
        return pairs

    def _one_wins(self, trial: Trial, race: Race, racers: Sequence[Owner]) -> None:
        __tracebackhide__ = True
        self._check_one_winner(trial, racers, race([_claim(racer) for racer in racers]))

    def _check_one_winner(
        self,
        trial: Trial,
        racers: Sequence[Owner],
        claims: Sequence[StoredRecord | None],
        *,
        before: Owner | None = None,
    ) -> None:
        """One claim must have succeeded, and the others must have got its record, or the one that stood before."""
        __tracebackhide__ = True
        won = [racer for racer, record in zip(racers, claims, strict=True) if record is None]
        trial.expect(len(won) == 1, f"None from one of {len(claims)} claims at once", _winners(racers, claims))
        for record in claims:
            if record is not None:
                of = before if before is not None and record.owner == before.token else won[0]
                trial.expect_record(record, of, None)
        trial.stands(won[0])


def _claim(owner: Owner) -> Callable[[], StoredRecord | None]:
    return partial(owner.try_claim, began=time.monotonic())


def _complete(owner: Owner) -> Callable[[], bool]:
    return partial(owner.try_complete, began=time.monotonic())


def _count(came: Sequence[object]) -> str:
    return ", ".join(f"{value!r} from {came.count(value)}" for value in dict.fromkeys(came))


def _winners(racers: Sequence[Owner], claims: Sequence[StoredRecord | None]) -> str:
    """What to say of the claims that gave None."""
    won = [racer.name for racer, record in zip(racers, claims, strict=True) if record is None]
    return f"None from {len(won)} of {len(claims)}{': ' if won else ''}{', '.join(won[:10])}"
