"""The tables: what was measured, on what, and whether the goals are met."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import ROOT
from .comparisons import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .comparisons import Comparison

_LIBRARIES = ("aws-lambda-powertools", "pydantic", "structlog", "awslambdaric", "pyperf")


def circumstances(command: str, loads: tuple[float, float]) -> dict[str, str]:
    """What the figures depend on.

    Args:
        command: What was run.
        loads: The load averages of the machine at the start and at the end; beyond the number of cores, processes had
            to wait for one another.
    """
    start, end = loads
    return {
        "command": command,
        "lambdakit": f"{version('lambdakit')}, {_revision()}",
        "libraries": ", ".join(f"{library} {version(library)}" for library in _LIBRARIES),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{_processor()}, {cpu_count()} cores, {platform.system()}; load {start:.1f}, at the end {end:.1f}",
    }


class Statistic(NamedTuple):
    """What of the values of a `pyperf.Benchmark` counts, and how it is shown."""

    name: str
    of: Callable[[Any], float]
    shown: Callable[[Any], str]


def _best(benchmark: Any) -> float:
    return float(min(benchmark.get_values()))


def _best_and_median(benchmark: Any) -> str:
    best, median = benchmark.format_values([_best(benchmark), benchmark.median()])
    return f"{best} ({median})"


def _median(benchmark: Any) -> float:
    return float(benchmark.median())


def _median_and_more(benchmark: Any) -> str:
    quartiles = [benchmark.percentile(percent) for percent in (25, 50, 75)]
    low, median, high, best = benchmark.format_values([*quartiles, _best(benchmark)])
    return f"{median} ({low} to {high}, {best})"


BEST = Statistic("best (median)", _best, _best_and_median)
MEDIAN = Statistic("median (quartiles, best)", _median, _median_and_more)


def table(title: str, rows: Sequence[Comparison], suite: Any, statistic: Statistic) -> str:
    """A table, as Markdown.

    Args:
        title: What was measured.
        rows: What to compare.
        suite: A `pyperf.BenchmarkSuite` with all that they name.
        statistic: By what to compare.
    """
    first = f"{title}: {statistic.name}"
    head = [first, "lambdakit", "powertools", "by hand", "powertools / lambdakit", "goal for lambdakit", "met"]
    cells = [head, *(_cells(row, suite, statistic) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    ruler = ["-" * width for width in widths]
    return "\n".join(_line(line, widths) for line in [head, ruler, *cells[1:]])


def _cells(row: Comparison, suite: Any, statistic: Statistic) -> list[str]:
    found = {app: suite.get_benchmark(name_of(app, row.task)) for app in row.apps}
    columns = [statistic.shown(found[app]) if app else "-" for app in (row.ours, row.peer, row.by_hand)]
    ratio = f"{statistic.of(found[row.peer]) / statistic.of(found[row.ours]):.2f}" if row.ours and row.peer else "-"
    return [row.title, *columns, ratio, row.goal.text if row.goal else "-", _verdict(row, suite)]


def _verdict(row: Comparison, suite: Any) -> str:
    """Yes, if both the best and the median meet the goal: on a machine with other work, one of them may by chance."""
    if row.goal is None or row.ours is None:
        return "-"
    ours = suite.get_benchmark(name_of(row.ours, row.task))
    for name, value_of in (("best", _best), ("median", _median)):
        limit = row.goal.limit(lambda other, value_of=value_of: value_of(suite.get_benchmark(other)))  # type: ignore[misc]
        if value_of(ours) > limit:
            return f"NO, {name} at most {ours.format_value(limit)}"
    return "yes"


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty=, with changes", "--abbrev=10"]
    try:
        described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "revision not known"
    return described.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
