"""The lines: split at every limit of the format, and not dropped by Lambda's log-level filter."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import measured, metrics
from lambdakit.metering import _collector, _emf
from lambdakit.testing import FakeContext, published_metrics
from tests.layers import taking_any
from tests.metering.emf import validated

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.metering.conftest import Lines


def record(function: Callable[[], object]) -> None:
    measured(namespace="Shop")(taking_any(lambda event, context: function()))({}, None)


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_a_line_has_100_metrics_at_most(count: int, sizes: list[int], lines: Lines) -> None:
    def many() -> None:
        for number in range(count):
            metrics.count(f"m{number}", number)

    record(many)
    found = lines()
    assert [len(line["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for line in found] == sizes
    assert {name: line[name] for line in found for name in line if name != "_aws"} == {
        f"m{number}": number for number in range(count)
    }


@pytest.mark.parametrize(("count", "sizes"), [(2, [2]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_a_line_has_100_values_of_a_metric_at_most(count: int, sizes: list[int], lines: Lines) -> None:
    def many() -> None:
        for number in range(count):
            metrics.record("a", number)
        metrics.record("b", 1)

    record(many)
    found = lines()
    values = [line["a"] if isinstance(line["a"], list) else [line["a"]] for line in found]
    assert [len(each) for each in values] == sizes
    assert [value for each in values for value in each] == [*range(count)]
    assert ["b" in line for line in found] == [True] + [False] * (len(sizes) - 1)


def test_a_line_is_no_longer_than_lambda_lets_through(lines: Lines) -> None:
    quotes = '"' * 1024  # each takes two characters in JSON
    dimensions = {f"{number:02}{quotes[:248]}": quotes for number in range(30)}

    def many() -> None:
        metrics.add_dimensions(**dimensions)
        metrics.add_properties(text="x" * 125_000)
        for number in range(40):
            for value in range(100):
                metrics.record(f"{number:02}{quotes[:250]}x", value + 1e-100)

    record(many)
    found = lines()  # each one was validated
    assert len(found) > 1
    assert sum(len(line["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for line in found) == 40
    for line in found:
        assert all(line[name] == value for name, value in dimensions.items())
        assert len(line["text"]) == 125_000


def test_what_is_held_is_bounded_and_written_before_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_collector, "MOST_HELD", 250)
    written: list[str] = []

    def many() -> None:
        for number in range(1_000):
            metrics.record("a", number)
            metrics.count("b")
        written.append(capsys.readouterr().out)

    record(many)
    written.append(capsys.readouterr().out)
    before, after = map(published_metrics, written)
    assert len(before) > 900
    assert [metric.value for metric in before + after if metric.name == "a"] == [*range(1_000)]
    assert sum(metric.value for metric in before + after if metric.name == "b") == 1_000


def test_the_time_is_that_of_the_line_in_milliseconds(lines: Lines) -> None:
    before = int(time.time() * 1000)
    record(lambda: metrics.count("a"))
    (line,) = lines()
    assert before <= line["_aws"]["Timestamp"] <= time.time() * 1000


def test_a_line_is_written_in_one_piece_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def both() -> None:
        metrics.count("a")
        metrics.count("b", dimensions={"c": "d"})

    class Output:
        def __init__(self) -> None:
            self.calls: list[str] = []

        def write(self, text: str) -> None:
            self.calls.append(text)

        def flush(self) -> None:
            self.calls.append("flush")

    output = Output()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", output)
        record(both)
    first, flush, second, flush_again = output.calls
    validated(first)
    validated(second)
    assert flush == flush_again == "flush"


def test_a_line_is_ascii_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    def odd() -> None:
        metrics.add_properties(**{"größe\u2028": "\ud800é\n"})
        metrics.count("a")

    record(odd)
    line = capsys.readouterr().out
    assert line.isascii()
    assert validated(line)["größe\u2028"] == "\ud800é\n"


LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def survives(line: dict[str, Any], filter_level: str) -> bool:
    """Whether Lambda lets a line through, by "Log-level filtering" in the AWS Lambda Developer Guide.

    A line has the level that it says, in small letters or capitals; with none, or without a valid RFC 3339 timestamp,
    that of INFO.
    """
    level = str(line.get("level", "")).upper()
    try:
        stamped = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.get("timestamp", "")) is not None
        stamped = stamped and datetime.fromisoformat(line["timestamp"]) is not None
    except ValueError:
        stamped = False
    if level not in LEVELS or not stamped:
        level = "INFO"
    return LEVELS.index(level) >= LEVELS.index(filter_level)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("level", LEVELS)
def test_lambdas_filter_lets_every_line_through(
    level: str, inside: bool, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_FORMAT", "JSON")
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", level)
    if inside:
        measured(namespace="Shop")(taking_any(lambda event, context: metrics.count("a")))({}, FakeContext())
    else:
        metrics.count("a")
    (line,) = lines()
    assert survives(line, level)
    assert ("level" in line) is (level in ("WARN", "ERROR", "FATAL"))
    assert line.get("level") not in LEVELS  # a search for lines of level ERROR does not find metrics


@pytest.mark.parametrize(
    "variables",
    [{}, {"AWS_LAMBDA_LOG_LEVEL": "ERROR"}, {"AWS_LAMBDA_LOG_FORMAT": "Text", "AWS_LAMBDA_LOG_LEVEL": "ERROR"}],
)
def test_where_nothing_is_filtered_a_line_has_no_level(
    variables: dict[str, str], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    record(lambda: metrics.count("a"))
    assert lines()[0].keys() == {"_aws", "a"}


@pytest.mark.parametrize("seconds", [0.0, 1_795_264_426.0009, 1_795_264_426.9999, 253_402_300_799.5])
def test_the_timestamp_is_rfc_3339_in_utc(seconds: float) -> None:
    stamp = _emf._rfc_3339(seconds)
    assert stamp.endswith("Z")
    assert 0 <= seconds - datetime.fromisoformat(stamp).timestamp() < 0.0011
