"""Warm calls, measured with pyperf: `python -m benchmarks.warm` is a script of pyperf's, and takes its options.

Each app is measured in processes of its own. What it answers and logs is checked there before the clock runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pyperf  # type: ignore[import-untyped]

from . import ROOT, sandbox
from .comparisons import WARM, Task, measured, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def measure(rounds: int, *options: str) -> Any:
    """Run everything round after round, so that what disturbs the machine for a while disturbs all apps alike.

    Args:
        rounds: In each, there is one process for each app and task.
        *options: For pyperf.

    Returns:
        A `pyperf.BenchmarkSuite`.
    """
    with tempfile.TemporaryDirectory() as directory:
        results = str(Path(directory, "warm.json"))
        for number in range(1, rounds + 1):
            print(f"warm calls: round {number} of {rounds}", file=sys.stderr)
            command = [sys.executable, "-m", __name__, "--quiet", "--append", results, *options]
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        return pyperf.BenchmarkSuite.load(results)


def _main() -> None:
    runner = pyperf.Runner(processes=1, values=3, warmups=1, min_time=0.05, program_args=("-m", "benchmarks.warm"))
    options = runner.parse_args()
    asked, found = options.loops, {} if options.worker else _loops_in(options.append)
    for app, task in measured(WARM):
        name = name_of(app, task)
        options.loops = found.get(name, asked)  # only the first round has to find how many fill 50 ms
        runner.bench_time_func(name, _seconds_for, app, task)


def _loops_in(results: str | None) -> dict[str, int]:
    if results is None or not Path(results).exists():
        return {}
    return {benchmark.get_name(): int(benchmark.get_loops()) for benchmark in pyperf.BenchmarkSuite.load(results)}


def _seconds_for(loops: int, app: str, task: Task) -> float:
    handler, event, context = _prepared(app, task)
    times = range(loops)
    start = perf_counter()
    for _ in times:
        handler(event, context)
    return perf_counter() - start


@cache
def _prepared(app: str, task: Task) -> tuple[Callable[[Any, Any], Any], Any, Any]:
    os.environ.update(sandbox.ENVIRONMENT)
    handler, event, context = import_module(f"benchmarks.apps.{app}").handler, task.event(), sandbox.context()
    with tempfile.TemporaryFile("w+") as output:
        with _stdout_to(output.fileno()):
            answer = handler(event, context)
        output.seek(0)
        task.check(app, answer, output.read())
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where all that is logged goes from now on
    return handler, event, context


@contextmanager
def _stdout_to(descriptor: int) -> Iterator[None]:
    before = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(before, 1)
        os.close(before)


if __name__ == "__main__":
    _main()
