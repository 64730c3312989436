"""What `lambdakit invoke` prints."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.json import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdakit.testing.runtime import FunctionError, Outcome

_COLOURED = 100_000
"""Characters of a result up to which it is given colours, which take rich 3 seconds for each million."""

_EMPTY: Mapping[str, object] = {
    "request_id": None,
    "result": None,
    "error": None,
    "logs": [],
    "duration": None,
    "init_duration": None,
    "init_logs": [],
    "cold_duration": None,
    "warm_duration": None,
    "warm": [],
}
"""Every key of the document that `--json` prints: they are there if the handler could not be loaded, too."""


@dataclass
class Report:
    """What happened: how the process started, and what came of each time that the event was sent."""

    handler: str
    init_duration: float = 0.0
    init_logs: tuple[str, ...] = ()
    init_error: FunctionError | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def error(self) -> FunctionError | None:
        """Why the last thing that was tried failed; None if it did not."""
        return self.outcomes[-1].error if self.outcomes else self.init_error

    @property
    def warm_durations(self) -> list[float]:
        """Seconds of each later invocation that succeeded."""
        return [outcome.duration for outcome in self.outcomes[1:] if outcome.error is None]


def print_json(report: Report) -> None:
    """Print one JSON document: what came of the first invocation, and in `warm` of the others. Durations in seconds."""
    document = {"handler": report.handler, **_EMPTY, "init_logs": report.init_logs}
    if report.init_error:
        document["error"] = asdict(report.init_error)
    else:
        first, *others = report.outcomes
        document |= _as_data(first)
        document |= {
            "init_duration": report.init_duration,
            "cold_duration": report.init_duration + first.duration,
            "warm_duration": median(report.warm_durations) if report.warm_durations else None,
            "warm": [_as_data(outcome) for outcome in others],
        }
    # Lambda's runtime writes NaN and Infinity as they are, which few readers of JSON take: make them text.
    document = json.loads(json.dumps(document), parse_constant=str)
    print(json.dumps(document, indent=2))  # noqa: T201 - as it is: no colours, no folded lines


def print_report(report: Report) -> None:
    """Print for a person. Where the output is no terminal there are no colours; lines are never folded."""
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    if report.init_error:
        _print_logs(console, "Logs", report.init_logs)
        _print_error(console, "Error at the start", report.init_error)
        return
    first, *others = report.outcomes
    _print_logs(console, "Logs", report.init_logs + first.logs)
    if first.error:
        _print_error(console, "Error", first.error)
    else:
        _print_result(console, first.result)
    if others and others[-1].error:
        _print_logs(console, f"Logs of invocation {len(report.outcomes)}", others[-1].logs)
        _print_error(console, f"Error of invocation {len(report.outcomes)}", others[-1].error)
    elif any(outcome.result != first.result for outcome in others):
        console.print("Later invocations had other results; --json prints them all.", style="yellow")
    console.print("Duration", style="bold")
    parts = f"start {_ms(report.init_duration)} + first invocation {_ms(first.duration)}"
    console.print(f"  cold  {_ms(report.init_duration + first.duration)}  ({parts})")
    console.print(f"  warm  {_warm(report.warm_durations)}")


def _as_data(outcome: Outcome) -> dict[str, object]:
    return {
        "request_id": outcome.request_id,
        "result": _readable(outcome.result),
        "error": outcome.error and asdict(outcome.error),
        "logs": outcome.logs,
        "duration": outcome.duration,
    }


def _print_logs(console: Console, title: str, lines: tuple[str, ...]) -> None:
    console.print(title, style="bold")
    for line in lines or ("(none)",):
        _print_as_it_is(console, line.replace("\r", "\n"))


def _print_as_it_is(console: Console, text: str) -> None:
    console.file.write(f"{text}\n")  # console.print() would expand tabs and fold lines, and takes its time


def _print_result(console: Console, result: object) -> None:
    console.print("Result", style="bold")
    text = json.dumps(_readable(result), indent=2, ensure_ascii=False)
    if len(text) > _COLOURED:
        _print_as_it_is(console, text)
    else:
        console.print(JSON(text, ensure_ascii=False))


def _print_error(console: Console, title: str, error: FunctionError) -> None:
    console.print(title, style="bold red")
    console.print(str(error))
    for frame in error.stack_trace:
        console.print(frame.rstrip("\n"))


def _warm(durations: list[float]) -> str:
    match durations:
        case []:
            return "not measured: --count 2 sends the event a second time"
        case [duration]:
            return f"{_ms(duration)}  (the second invocation)"
        case _:
            fastest, slowest = _ms(min(durations)), _ms(max(durations))
            return f"{_ms(median(durations))}  (median of {len(durations)}; {fastest} to {slowest})"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _readable(result: object) -> object:
    """A result as JSON can show it: bytes that are not JSON become text."""
    return result.decode("utf-8", "backslashreplace") if isinstance(result, bytes) else result
