"""The plugin, as a user's own pytest run loads it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lambdakit import Context, current
from tests.layers import passing

if TYPE_CHECKING:
    from pathlib import Path

    from lambdakit.testing import Events, FakeContext

QUICK = ("-p", "no:hypothesispytest")  # its plugin takes a second to start

USERS_TEST = """
    from lambdakit import current, middleware

    @middleware
    async def passing(event, call_next):
        return await call_next(event)

    @passing
    def handler(event, context):
        return context.aws_request_id, len(event["Records"]), current().cold_start
"""


@pytest.fixture
def in_strict_project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project in which every warning is an error, and an unknown marker, too."""
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config")
    return pytester


def test_a_test_gets_events_and_a_context_with_nothing_imported(in_strict_project: pytest.Pytester) -> None:
    in_strict_project.makepyfile(
        USERS_TEST
        + """
    def test_handler(events, lambda_context):
        event = events.sqs({"id": 1}, {"id": 2})
        assert handler(event, lambda_context) == (lambda_context.aws_request_id, 2, False)

    def test_cold(events, lambda_context, cold_start):
        assert [handler(events.sqs(), lambda_context)[2] for _ in range(2)] == [True, False]

    def test_warm_again(events, lambda_context):
        assert handler(events.sqs(), lambda_context)[2] is False
    """
    )
    in_strict_project.runpytest_subprocess(*QUICK).assert_outcomes(passed=3)


def test_a_fixture_of_the_user_goes_before_ours(in_strict_project: pytest.Pytester) -> None:
    in_strict_project.makepyfile("""
        import pytest

        @pytest.fixture
        def lambda_context():
            return "mine"

        def test_mine(lambda_context):
            assert lambda_context == "mine"
    """)
    in_strict_project.runpytest_inprocess().assert_outcomes(passed=1)


def test_ids_are_those_of_the_test_whichever_tests_ran_before(in_strict_project: pytest.Pytester) -> None:
    test = in_strict_project.makepyfile("""
        import json, pytest
        from pathlib import Path

        @pytest.mark.parametrize("name", ["a", "b"])
        def test_ids(name, events, lambda_context):
            ids = [events.sqs("x")["Records"][0]["messageId"] for _ in range(3)] + [lambda_context.aws_request_id]
            Path(name).write_text(json.dumps(ids))
    """)

    def ids(name: str) -> list[str]:
        found: list[str] = json.loads((in_strict_project.path / name).read_text())
        return found

    in_strict_project.runpytest_inprocess().assert_outcomes(passed=2)
    first, second = ids("a"), ids("b")
    assert len({*first, *second}) == 8
    in_strict_project.runpytest_inprocess(f"{test.name}::test_ids[b]").assert_outcomes(passed=1)
    assert ids("b") == second


def test_the_fixtures_are_described(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest_inprocess("--fixtures")
    listed.stdout.fnmatch_lines_random(["lambda_context -- *", "events -- *", "cold_start -- *"])
    listed.stdout.fnmatch_lines(["*Builds the events of AWS's services*"])


def test_it_can_be_switched_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(events): ...")
    done = pytester.runpytest_subprocess(*QUICK, "-p", "no:lambdakit")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*fixture 'events' not found*"])


def test_loading_it_imports_next_to_nothing(tmp_path: Path) -> None:
    code = """
import sys, pytest
pytest.main(["--collect-only", "-p", "no:cacheprovider", "-p", "no:terminal", *sys.argv[1:]])
print(*sorted(sys.modules))
"""

    def loaded(*options: str) -> set[str]:
        command = [sys.executable, "-c", code, *QUICK, *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert loaded() - loaded("-p", "no:lambdakit") == {
        "_contextvars",
        "contextvars",
        "lambdakit",
        "lambdakit._env",
        "lambdakit._invocation",
        "lambdakit._lazy",
        "lambdakit.errors",
        "lambdakit.testing",
        "lambdakit.testing.plugin",
    }


@passing
def is_cold(event: object, context: Context) -> bool:
    return current().cold_start


@pytest.mark.usefixtures("cold_start")
def test_a_cold_start_is_there_for_one_invocation(events: Events, lambda_context: FakeContext) -> None:
    assert [is_cold(events.sqs(), lambda_context), is_cold(events.sqs(), lambda_context.next())] == [True, False]


@pytest.mark.usefixtures("cold_start")
def test_a_cold_start_that_no_invocation_took() -> None:
    """The test after this one sees that it is gone."""


def test_without_the_fixture_an_invocation_is_warm() -> None:
    assert is_cold({}, None) is False
