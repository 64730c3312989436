"""Whatever is lost, late, repeated or killed: never two live owners, and no completed record gone before its time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.idempotency.layer_machine import LayerMachine
from tests.idempotency.machines import in_sqlite
from tests.idempotency.protocol_machine import ProtocolMachine
from tests.testing.broken_stores import claiming, ending, finding


class ProtocolOfSQLiteStore(ProtocolMachine):
    make = staticmethod(in_sqlite)


class LayerOverSQLiteStore(LayerMachine):
    make = staticmethod(in_sqlite)


MACHINES = [ProtocolMachine, ProtocolOfSQLiteStore, LayerMachine, LayerOverSQLiteStore]


@pytest.mark.parametrize("machine", MACHINES)
def test_nothing_can_fool_it(machine: type[Any]) -> None:
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=40))


BROKEN = [
    (machine, store)
    for machine, stores in {
        ProtocolMachine: [
            claiming.TakesRunningRecords,
            claiming.CountsFromTheClaim,
            claiming.NeverTakesOver,
            claiming.KeepsTheOldFingerprint,
            claiming.RunsAgainWhatItCompleted,
            claiming.KeepsTheFirstLock,
            ending.LetsStrangersComplete,
            ending.RefusesSlowOwners,
            ending.RefusesRepeatedCompletions,
            ending.ExpiresAsClaimed,
            ending.WaitsForASweeper,
            ending.LetsStrangersReleaseWhatRuns,
            ending.ReleasesItsCompletedRecords,
            finding.FindsEndedLocks,
        ],
        LayerMachine: [
            claiming.TakesRunningRecords,
            claiming.NeverTakesOver,
            ending.LetsStrangersComplete,
            ending.LetsStrangersReleaseWhatRuns,
            ending.ReleasesNothing,
            ending.RefusesSlowOwners,
            claiming.RefusesOwnClaims,
            ending.WaitsForASweeper,
        ],
    }.items()
    for store in stores
]


@pytest.mark.parametrize(("machine", "store"), BROKEN, ids=lambda value: value.__name__)
def test_the_machines_see_what_is_wrong(machine: type[Any], store: type[Any]) -> None:
    class Broken(machine):  # type: ignore[misc]
        make = staticmethod(lambda _: store())

    plan = settings(max_examples=1000, stateful_step_count=40, phases=[Phase.generate], database=None, derandomize=True)
    with pytest.raises((AssertionError, KeyError, ExceptionGroup)):
        run_state_machine_as_test(Broken, settings=plan)
