"""The checks of our own tests are strict: they take the example of the specification, and nothing that breaks it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]

from tests.metering.emf import validated


def example(directive: dict[str, Any] | None = None, metric: dict[str, Any] | None = None, **root: Any) -> str:
    """The example of the specification, with changes."""
    definition = {"Name": "time", "Unit": "Milliseconds", "StorageResolution": 60, **(metric or {})}
    directives = {
        "Namespace": "lambda-function-metrics",
        "Dimensions": [["functionVersion"]],
        "Metrics": [definition],
        **(directive or {}),
    }
    document = {
        "_aws": {"Timestamp": 1574109732004, "CloudWatchMetrics": [directives]},
        "functionVersion": "$LATEST",
        "time": 100,
        "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee",
        **root,
    }
    return f"{json.dumps(document)}\n"


def test_the_example_of_the_specification_is_valid() -> None:
    assert validated(example())["time"] == 100
    validated(example(directive={"Dimensions": [[]]}, time=[1, 2.5]))


@pytest.mark.parametrize(
    "line",
    [
        example(_aws={"Timestamp": 1}),
        example(_aws={"CloudWatchMetrics": []}),
        example(directive={"Namespace": ""}),
        example(directive={"Namespace": "x" * 256}),
        example(directive={"Dimensions": []}),
        example(directive={"Dimensions": ["functionVersion"]}),
        example(directive={"Dimensions": [[str(number) for number in range(31)]]}),
        example(directive={"Dimensions": [["x" * 251]]}),
        example(directive={"Metrics": []}),
        example(directive={"Metrics": [{"Name": str(number)} for number in range(101)]}),
        example(directive={"Other": 1}),
        example(metric={"Unit": "ms"}),
        example(metric={"StorageResolution": 30}),
        example(metric={"Name": ""}),
        example(metric={"Name": "x" * 256}),
    ],
)
def test_what_breaks_the_schema_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        validated(line)


@pytest.mark.parametrize(
    "line",
    [
        example().rstrip("\n"),
        f"{example()}\n",
        example(time="100"),
        example(time=True),
        example(time=[]),
        example(time=[1] * 101),
        example(time=float("nan")),
        example(functionVersion=7),
        example(functionVersion="x" * 1025),
        example(requestId="x" * 300_000),
        example(directive={"Metrics": [{"Name": "time"}, {"Name": "time"}]}),
        example().replace('"requestId"', '"time"'),
    ],
)
def test_what_no_schema_can_say_is_refused_too(line: str) -> None:
    with pytest.raises(AssertionError):
        validated(line)
