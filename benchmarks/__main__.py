"""`python -m benchmarks`: measure, and print the tables."""

from __future__ import annotations

import argparse
import shlex
import sys
from os import getloadavg
from typing import Any, NamedTuple

import pyperf  # type: ignore[import-untyped]

from . import cold, report, warm
from .comparisons import COLD, WARM


class _Effort(NamedTuple):
    rounds_warm: int
    runs_cold: int


_EFFORTS = {"full": _Effort(10, 20), "fast": _Effort(4, 7), "quick": _Effort(1, 1)}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["warm", "cold"], help="by default both")
    less = parser.add_mutually_exclusive_group()
    less.add_argument("--fast", dest="effort", action="store_const", const="fast", help="fewer rounds")
    less.add_argument(
        "--quick",
        dest="effort",
        action="store_const",
        const="quick",
        help="a smoke test: everything runs and is checked, once and in this environment; the figures mean nothing",
    )
    parser.add_argument("--json", metavar="FILE", help="write all values, in pyperf's format")
    parser.set_defaults(effort="full")
    options = parser.parse_args()

    load, *_ = getloadavg()
    quick = options.effort == "quick"
    effort = _EFFORTS[options.effort]
    suites: dict[str, Any] = {}
    tables: list[str] = []
    if options.what != "cold":
        suites["warm"] = warm.measure(effort.rounds_warm, *(["--debug-single-value"] if quick else []))
        tables.append(report.table("Warm calls", WARM, suites["warm"], report.BEST))
    if options.what != "warm":
        suites["cold"] = cold.measure(effort.runs_cold, here=quick)
        tables.append(report.table("Cold starts", COLD, suites["cold"], report.MEDIAN))

    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    circumstances = report.circumstances(command, (load, getloadavg()[0]))
    print("\n".join(f"{what}: {value}" for what, value in circumstances.items()), *tables, sep="\n\n")
    if quick:
        print("\nA smoke test: everything ran once, and gave what it should. The figures mean nothing.")
    if options.json:
        _write(options.json, suites, circumstances)


def _write(file: str, suites: dict[str, Any], circumstances: dict[str, str]) -> None:
    benchmarks = []
    for kind, suite in suites.items():
        for benchmark in suite:
            benchmark.update_metadata({"name": f"{kind}: {benchmark.get_name()}", **circumstances})
            benchmarks.append(benchmark)
    pyperf.BenchmarkSuite(benchmarks).dump(file, replace=True)


if __name__ == "__main__":
    main()
