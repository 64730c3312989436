"""The suite for stores is itself tried: on a sound store, and on some that break one promise each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.testing.broken_stores import every_store, suite
from tests.testing.broken_stores.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
BROKEN = [store for store in every_store() if store is not Sound]

Outcomes = dict[str, str]
"""The message of each test of the suite that failed; empty for those that passed."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcomes]:
    """By store: what came of all tests on the sound one, and on the others of those that must fail."""
    report = tmp_path_factory.mktemp("suite") / "report.xml"
    path = Path(suite.__file__).relative_to(ROOT)
    tests = [f"{path}::Test{store.__name__}::{test}" for store in BROKEN for test in store.breaks]
    quiet = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--junitxml", str(report))
    command = [sys.executable, "-m", "pytest", *quiet, f"{path}::TestSound", *tests]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout + ran.stderr
    found: dict[str, Outcomes] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        assert case.find("error") is None, ElementTree.tostring(case, encoding="unicode")
        failure = case.find("failure")
        store = case.attrib["classname"].rpartition(".Test")[2]
        found.setdefault(store, {})[case.attrib["name"]] = "" if failure is None else failure.attrib["message"]
    return found


def test_a_sound_store_passes(outcomes: Mapping[str, Outcomes]) -> None:
    assert len(outcomes["Sound"]) > 50
    assert not any(outcomes["Sound"].values()), outcomes["Sound"]


@pytest.mark.parametrize("store", BROKEN, ids=lambda store: store.__name__)
def test_a_store_that_breaks_a_promise_fails(store: type[Sound], outcomes: Mapping[str, Outcomes]) -> None:
    assert store.breaks, "say which tests must fail"
    passed = [test for test in store.breaks if not outcomes[store.__name__][test]]
    assert not passed, passed


def test_each_test_of_the_suite_fails_for_some_store(outcomes: Mapping[str, Outcomes]) -> None:
    broken = {test for store in BROKEN for test in store.breaks}
    assert set(outcomes["Sound"]) - broken == set()


def test_a_failure_says_what_was_promised_expected_and_done(outcomes: Mapping[str, Outcomes]) -> None:
    message = outcomes["SweepsEndedLocks"]["test_an_owner_whose_lock_ended_untaken_may_complete"]
    assert message == (
        "AssertionError: A record is kept beyond the end of its lock; as long as nobody has claimed it since, it is "
        "its owner's.\n\n"
        "expected: True: the record is its own\n"
        "came:     False\n"
        "after these steps with the key:\n"
        "    slow: claim(lock=0.2, expires_after=600) -> None\n"
        "    (0.4 s pass)\n"
        "    slow: complete('late, but in time', expires_after=600) -> False"
    )


def test_a_failure_shows_the_record_that_came(outcomes: Mapping[str, Outcomes]) -> None:
    message = outcomes["StripsResults"]["test_a_result_is_kept_to_the_letter[blank]"]
    assert "expected: a StoredRecord of first: completed with ' ', its fingerprint as claimed, 599." in message
    assert "came:     a StoredRecord of first: completed with '', 600.0 s left" in message


def test_a_failure_shows_of_a_long_result_only_the_start(outcomes: Mapping[str, Outcomes]) -> None:
    message = outcomes["CutsResults"]["test_a_long_result_is_kept_to_the_letter"]
    assert "... (100000 characters)" in message
    assert "... (65535 characters)" in message
    assert len(message) < 1500


def test_a_failure_shows_what_is_no_record_as_it_is(outcomes: Mapping[str, Outcomes]) -> None:
    message = outcomes["GivesDicts"]["test_a_key_that_nobody_has_claimed_can_be_claimed"]
    assert "came:     {'owner': '" in message


def test_a_failed_race_says_how_many_won(outcomes: Mapping[str, Outcomes]) -> None:
    message = outcomes["NotAtomic"]["test_of_many_claims_at_once_one_wins"]
    assert "expected: None from one of 12 claims at once\ncame:     None from " in message
    assert "of 12: racer " in message


def test_what_a_store_raises_in_a_race_is_the_cause(outcomes: Mapping[str, Outcomes]) -> None:
    name = "test_the_same_claim_and_the_same_completion_may_arrive_many_times_at_once"
    assert (
        "steps that were taken at once raised; the first error: TimeoutError()"
        in outcomes["ClaimsTwiceForOneOwner"][name]
    )


def test_what_never_ends_is_given_up(outcomes: Mapping[str, Outcomes]) -> None:
    message = outcomes["WaitsForASweeper"]["test_a_completed_record_that_expired_can_be_claimed"]
    assert "expected: that it ends: find(key) gives None within 30.0 s" in message
    assert "still" in message


def test_a_class_without_a_store_is_told_what_it_needs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from lambdakit.testing import StoreContract\nclass TestMine(StoreContract): pass")
    ran = pytester.runpytest_inprocess("-p", "no:hypothesispytest", "-k", "test_a_long_result")
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["*NotImplementedError: TestMine needs a fixture `store` that gives the store under test"])


def test_the_tools_load_without_pytest_until_the_suite_is_named() -> None:
    code = "import sys, lambdakit.testing as t; t.FakeQueue; assert 'pytest' not in sys.modules; t.StoreContract"
    subprocess.run([sys.executable, "-c", code], check=True)
