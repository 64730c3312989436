"""Cold starts, measured as whole processes, in environments such as a function has in production.

There, nothing is installed but what the library requires, and AWS's runtime client; all is compiled to byte code. (In
the environment for development, structlog finds rich and loads it, which takes longer than all the rest.)
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyperf  # type: ignore[import-untyped]

from . import ROOT, sandbox
from .comparisons import COLD, Task, measured, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENTS = Path(ROOT, ".venv-bench", "{}.{}".format(*sys.version_info))

_PINNED = ("aws-lambda-powertools", "aws-xray-sdk", "awslambdaric", "opentelemetry-sdk", "pydantic", "structlog")
_REQUIREMENTS = {
    "ours": (f"{ROOT}[otel,xray]", "awslambdaric"),
    "peers": ("aws-lambda-powertools[parser,tracer]", "awslambdaric"),
    "by_hand": (
        "pydantic",
        "structlog",
        "awslambdaric",
        "aws-xray-sdk",
        "opentelemetry-sdk",
        "opentelemetry-instrumentation-aws-lambda>=0.51b0",
    ),
}
"""By the package of the apps."""


def measure(runs: int, *, here: bool = False) -> Any:
    """Start each app so many times, in turns, so that what disturbs the machine for a while disturbs all alike.

    Args:
        runs: How often.
        here: Whether to start them in the environment that this runs in, and make none; for a smoke test.

    Returns:
        A `pyperf.BenchmarkSuite`, with one value for each process.
    """
    pythons = dict.fromkeys(_REQUIREMENTS, sys.executable) if here else _make_environments()
    apps = measured(COLD)
    values: dict[str, list[float]] = {}
    for number in range(1, runs + 1):
        print(f"cold starts: round {number} of {runs}", file=sys.stderr)
        for app, task in apps:
            started = start(pythons[app.partition(".")[0]], app, task)
            task.check(app, started.answer, started.output)
            values.setdefault(name_of(app, task), []).append(started.seconds)
    return pyperf.BenchmarkSuite([_benchmark(name, seconds) for name, seconds in values.items()])


@dataclass(frozen=True)
class Started:
    """What one process did: how long it took to answer its first event, the answer, and what it logged."""

    seconds: float
    answer: object
    output: str


def start(python: str, app: str, task: Task) -> Started:
    """Start a process that answers one event."""
    process = subprocess.run(
        [python, "-I", Path(__file__).with_name("cold_process.py"), ROOT, app],
        input=json.dumps(task.event()),
        env=sandbox.ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    *lines, last = process.stdout.splitlines(keepends=True)
    return Started(**json.loads(last), output="".join(lines))


def _make_environments() -> Mapping[str, str]:
    """Make or update the environments, with the versions that are installed here; give the Python of each."""
    return {name: _make_environment(name, requirements) for name, requirements in _REQUIREMENTS.items()}


def _make_environment(name: str, requirements: tuple[str, ...]) -> str:
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        _run("-m", "uv", "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENTS / name))
    pins = ENVIRONMENTS / "pins.txt"
    pins.write_text("".join(f"{pinned}=={version(pinned)}\n" for pinned in _PINNED))
    options = ["--quiet", "--compile-bytecode", "--python", str(python), "--constraint", str(pins)]
    fresh = ["--refresh-package", "lambdakit", "--reinstall-package", "lambdakit"]
    _run("-m", "uv", "pip", "install", *options, *fresh, *requirements)
    _run("-m", "compileall", "-q", str(Path(__file__).parent), python=str(python))
    return str(python)


def _run(*arguments: str, python: str = sys.executable) -> None:
    subprocess.run([python, *arguments], check=True, cwd=ROOT)


def _benchmark(name: str, values: list[float]) -> Any:
    metadata = {"name": name, "unit": "second"}
    return pyperf.Benchmark([pyperf.Run([value], metadata=metadata) for value in values])
