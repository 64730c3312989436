"""The benchmarks run, and refuse to compare what does not do the same."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pyperf  # type: ignore[import-untyped]
import pytest

from benchmarks import ROOT, clients, cold, report
from benchmarks.comparisons import COLD, WARM, Comparison, Goal, Task, measured, name_of
from benchmarks.sandbox import REQUEST_ID, orders

if TYPE_CHECKING:
    from pathlib import Path

LINE = (
    '{"message": "charging", "total": 12.5, "currency": "EUR", "service": "orders", "function_name": "orders", '
    f'"function_request_id": "{REQUEST_ID}", "cold_start": true}}\n'
)


def test_everything_that_is_compared_runs_and_gives_what_it_should(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json"]
    runs = {
        kind: subprocess.Popen([*command, tmp_path / kind, kind], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for kind in ("warm", "cold")
    }
    for kind, comparisons in (("warm", WARM), ("cold", COLD)):
        output, _ = runs[kind].communicate()
        assert runs[kind].returncode == 0
        assert [row.title for row in comparisons if f"| {row.title} " not in output] == []
        written = pyperf.BenchmarkSuite.load(str(tmp_path / kind)).get_benchmark_names()
        assert written == [f"{kind}: {name_of(app, task)}" for app, task in measured(comparisons)]


@pytest.mark.parametrize("app", ["batch_models", "orders"])
@pytest.mark.parametrize("library", ["ours", "peers", "by_hand"])
def test_a_bad_message_is_answered_alike(library: str, app: str) -> None:
    event = orders(3)
    event["Records"][1]["body"] = '{"id": "order-1", "total": "much"}'
    task = Task("a bad message", lambda: event, None)
    failed = [{"itemIdentifier": event["Records"][1]["messageId"]}]
    assert cold.start(sys.executable, f"{library}.{app}", task).answer == {"batchItemFailures": failed}


@pytest.mark.parametrize(
    ("answer", "output", "told"),
    [
        (42, LINE, r"ours\.lines, a line: expected the answer None, got 42"),
        (None, "", "expected 1 log lines, got 0"),
        (None, LINE.replace("EUR", "USD"), r"expected \{'currency': 'EUR'\} in the log line"),
    ],
)
def test_an_app_that_gives_something_else_is_refused(answer: object, output: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        Task("a line", dict, None, lines=1).check("ours.lines", answer, output)


def test_an_app_that_gives_the_same_is_accepted() -> None:
    Task("a line", dict, None, lines=1).check("ours.lines", None, LINE)


def test_lazy_clients_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    clients.main(1)
    table = capsys.readouterr().out
    for case in clients.CASES:
        assert f"| {case} | " in table


def row(goal: Goal, ours: list[float], peer: list[float], statistic: report.Statistic = report.BEST) -> list[str]:
    """The cells of a table's only row, given the seconds that were measured."""
    task = Task("task", dict, None)
    suite = pyperf.BenchmarkSuite(
        [
            pyperf.Benchmark([pyperf.Run(values, metadata={"name": name_of(app, task)}, collect_metadata=False)])
            for app, values in (("ours.x", ours), ("peers.x", peer))
        ]
    )
    comparison = Comparison("x", task, "ours.x", "peers.x", goal=goal)
    *_, last = report.table("Calls", [comparison], suite, statistic).splitlines()
    return [cell.strip() for cell in last.strip("|").split("|")]


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        (Goal("at most 3 s", 3.0), "yes"),
        (Goal("at most 1 s", 1.0), "NO, best at most 1.00 sec"),
        (Goal("no slower than the peer", of="peers.x, task"), "yes"),
        (Goal("twice as fast as the peer", of="peers.x, task", share=0.5), "NO, best at most 1.50 sec"),
        (Goal("within 0.5 s of the peer", 0.5, of="peers.x, task"), "yes"),
    ],
)
def test_the_table_tells_whether_a_goal_is_met(goal: Goal, verdict: str) -> None:
    assert row(goal, [2.0], [3.0])[3:] == ["-", "1.50", goal.text, verdict]


def test_a_goal_that_only_the_best_value_meets_is_not_met() -> None:
    goal = Goal("at most 3 s", 3.0)
    assert row(goal, [2.0, 4.0, 4.0], [3.0])[-1] == "NO, median at most 3.00 sec"


@pytest.mark.parametrize(
    ("statistic", "shown", "ratio"),
    [
        (report.BEST, "1.00 sec (3.00 sec)", "2.00"),
        (report.MEDIAN, "3.00 sec (2.00 sec to 4.00 sec, 1.00 sec)", "0.67"),
    ],
    ids=["best", "median"],
)
def test_the_table_shows_how_far_the_values_lie_apart(statistic: report.Statistic, shown: str, ratio: str) -> None:
    _, ours, _, _, times, *_ = row(Goal("at most 3 s", 3.0), [5.0, 1.0, 3.0, 2.0, 4.0], [2.0], statistic)
    assert (ours, times) == (shown, ratio)
