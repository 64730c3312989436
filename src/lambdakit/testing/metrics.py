"""What was recorded with `metrics`, as CloudWatch reads it out of the lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, overload

from lambdakit.errors import MetricError
from lambdakit.metering import _collector, _emf
from lambdakit.metering._rules import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from lambdakit.metering import Meter, Series

__all__ = ["CapturedMetrics", "PublishedMetric", "capture", "published_metrics"]


@dataclass(frozen=True, slots=True)
class PublishedMetric:
    """One value of one metric, under one set of dimensions.

    Attributes:
        name: The name of the metric.
        value: Of a count, the sum of an invocation.
        unit: CloudWatch's unit.
        dimensions: Names and values.
        namespace: The namespace.
        high_resolution: Whether CloudWatch keeps it by the second.
        properties: What else stands in the line: the id of the request, and what was added.
    """

    name: str
    value: float
    unit: str
    dimensions: Mapping[str, str]
    namespace: str
    high_resolution: bool = False
    properties: Mapping[str, object] = field(default_factory=dict)


class CapturedMetrics(Sequence[PublishedMetric]):
    """What a test has recorded so far, in the order in which it was written: see the fixture `captured_metrics`."""

    def __init__(self) -> None:
        self._written: list[str | list[PublishedMetric]] = []

    def values(self, name: str, /, **dimensions: str) -> list[float]:
        """The values of a metric, in order.

        Args:
            name: The name of the metric.
            **dimensions: Only those with these dimensions; they may have others, too.
        """
        return [
            metric.value
            for metric in self._all()
            if metric.name == name and dimensions.items() <= metric.dimensions.items()
        ]

    def clear(self) -> None:
        """Forget what there is."""
        self._written.clear()

    @overload
    def __getitem__(self, index: int) -> PublishedMetric: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[PublishedMetric]: ...
    def __getitem__(self, index: int | slice) -> PublishedMetric | Sequence[PublishedMetric]:
        """One of them, or some."""
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"<CapturedMetrics {self._all()}>"

    def _all(self) -> list[PublishedMetric]:
        return [
            metric
            for written in list(self._written)
            for metric in (published_metrics(written) if isinstance(written, str) else written)
        ]


def capture(patch: pytest.MonkeyPatch) -> CapturedMetrics:
    """Look at all that is written from now on, until the patch is undone. It is still written, and sent."""
    captured = CapturedMetrics()
    write, hand_on = _emf.write, _collector.hand_on

    def written(line: str) -> None:
        captured._written.append(line)
        write(line)

    def handed_on(meter: Meter, namespace: str, series: Sequence[Series]) -> None:
        captured._written.append([metric for one in series for metric in _handed_on(namespace, one)])
        hand_on(meter, namespace, series)

    patch.setattr(_emf, "write", written)
    patch.setattr(_collector, "hand_on", handed_on)
    return captured


def published_metrics(lines: str | Iterable[str]) -> list[PublishedMetric]:
    """Read metrics out of lines of a log, as CloudWatch does: see "Specification: Embedded metric format".

    Args:
        lines: The lines, or one text of them. What is not in that format is passed over.

    Raises:
        MetricError: CloudWatch would not take it: something that the specification asks for is not so.
    """
    found = []
    for line in lines.split("\n") if isinstance(lines, str) else lines:
        if '"CloudWatchMetrics"' not in line:
            continue
        try:
            document = json.loads(line, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        except ValueError as error:
            raise _error(line, str(error)) from error
        if isinstance(document, dict) and isinstance(document.get("_aws"), dict):
            try:
                found += _read(document, line)
            except (KeyError, TypeError) as error:
                raise _error(line, f"a member is missing or of another type: {error}") from error
    return found


def _read(document: dict[str, Any], line: str) -> list[PublishedMetric]:
    metadata = document["_aws"]
    _expect(line, type(metadata.get("Timestamp")) is int, "Timestamp is a whole number of milliseconds")
    _expect(line, len(line.encode()) <= 256 * 1024, "a line is 256 KB at most")
    found = []
    for directive in metadata["CloudWatchMetrics"]:
        namespace, sets, definitions = (directive[member] for member in ("Namespace", "Dimensions", "Metrics"))
        _expect(line, isinstance(namespace, str) and 1 <= len(namespace) <= 255, "a namespace is a string")
        _expect(line, 1 <= len(definitions) <= 100, "a directive has 1 to 100 metrics")
        _expect(line, len(sets) >= 1 and all(len(names) <= 30 for names in sets), "a set has 30 dimensions at most")
        targets = {name for names in sets for name in names} | {definition["Name"] for definition in definitions}
        properties = {name: value for name, value in document.items() if name not in targets and name != "_aws"}
        for definition in definitions:
            name, unit = definition["Name"], definition.get("Unit", "None")
            _expect(line, unit in UNITS, f"{unit!r} is no unit")
            values = document[name] if isinstance(document[name], list) else [document[name]]
            _expect(line, 1 <= len(values) <= 100, f"{name!r} has 1 to 100 values")
            _expect(line, all(map(_is_number, values)), f"the values of {name!r} are numbers")
            for names in sets:
                dimensions = {dimension: document[dimension] for dimension in names}
                _expect(line, all(map(_is_dimension, dimensions.values())), "values of dimensions are strings")
                found += [
                    PublishedMetric(
                        name,
                        value,
                        unit,
                        dimensions,
                        namespace,
                        definition.get("StorageResolution", 60) == 1,
                        properties,
                    )
                    for value in values
                ]
    return found


def _handed_on(namespace: str, series: Series) -> list[PublishedMetric]:
    labels, kind = series.labels, series.kind
    properties = {name: json.loads(value) for name, value in labels.properties.items()}
    return [
        PublishedMetric(
            series.name, value, kind.unit, dict(labels.dimensions), namespace, kind.high_resolution, properties
        )
        for value in series.values
    ]


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        msg = "two members have the same name"
        raise ValueError(msg)
    return members


def _refuse_constant(text: str) -> object:
    msg = f"{text} is no number of JSON"
    raise ValueError(msg)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_dimension(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 1024


def _expect(line: str, holds: bool, expected: str) -> None:  # noqa: FBT001 - it reads as an assertion
    if not holds:
        raise _error(line, f"expected that {expected}")


def _error(line: str, why: str) -> MetricError:
    return MetricError(f"CloudWatch would not take this line: {why}: {line[:200]}")
