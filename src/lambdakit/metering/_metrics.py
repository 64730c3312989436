"""What users call to record something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ._collector import added, at_once, collecting
from ._rules import MOST, dimension_problem, number_of, property_problem, refuse
from ._series import COUNT, HIGH_RESOLUTION_COUNT, NOTHING, RECORDS, Labels
from ._timer import Timer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import SupportsFloat

    from ._rules import Unit
    from ._series import Kind


class Metrics:
    """Records metrics: as `metrics`, from anywhere in the code that a handler calls.

    Under `measured` all that an invocation records is written at its end, whichever of its threads and tasks recorded
    it. Anywhere else, at import or under a handler that is not `measured`, each call writes a line of its own at once,
    with the namespace and the service that the environment gives.

    What CloudWatch would not take is a `MetricError` at the call; it has changed nothing then. In an invocation, a name
    stands for one thing: a count, values of one unit and resolution, a dimension, or a property.

    Names of metrics are strings of 1 to 255 printable ASCII characters; those of dimensions of 1 to 250, and their
    values of 1 to 1024. `_aws`, `level`, `timestamp` and `function_request_id` are taken.
    """

    __slots__ = ()

    def count(
        self,
        name: str,
        value: int = 1,
        *,
        dimensions: Mapping[str, str] | None = None,
        high_resolution: bool = False,
    ) -> None:
        """Count something: `metrics.count("Charged")`.

        An invocation's counts of one name and the same dimensions are one value, their sum, with the unit Count.

        Args:
            name: The name of the metric.
            value: How many: a whole number, 0 or more.
            dimensions: Dimensions of this metric alone, besides those of the handler and those that were added.
            high_resolution: Whether CloudWatch keeps it by the second, and not by the minute.

        Raises:
            MetricError: See above.
        """
        if type(value) is not int or not 0 <= value <= MOST:
            came = "another number" if type(value) is int else f"one of type {type(value).__name__}"
            msg = f"a count is a whole number from 0 to 2**360; got {came}. For other values there is metrics.record"
            raise refuse(msg)
        labels = added.get() if dimensions is None else _with(dimensions)
        kind = HIGH_RESOLUTION_COUNT if high_resolution else COUNT
        (collecting.get() or at_once()).add(name, value, kind, labels)

    def record(
        self,
        name: str,
        value: SupportsFloat,
        *,
        unit: Unit = "None",
        dimensions: Mapping[str, str] | None = None,
        high_resolution: bool = False,
    ) -> None:
        """Record a value: `metrics.record("Latency", 12.5, unit="Milliseconds")`.

        CloudWatch makes statistics of the values: average, percentiles, smallest and largest, sum.

        Args:
            name: The name of the metric.
            value: A finite number between -2**360 and 2**360; Decimals and other libraries' numbers too.
            unit: One of CloudWatch's units.
            dimensions: Dimensions of this metric alone, besides those of the handler and those that were added.
            high_resolution: Whether CloudWatch keeps it by the second, and not by the minute.

        Raises:
            MetricError: See above.
        """
        labels = added.get() if dimensions is None else _with(dimensions)
        (collecting.get() or at_once()).add(name, number_of(value, name), _kind(unit, high_resolution), labels)

    def timer(self, name: str, *, dimensions: Mapping[str, str] | None = None, high_resolution: bool = False) -> Timer:
        """Record how long something takes, in milliseconds, whether it succeeds or raises.

        `with metrics.timer("Charge"):` times a block, in plain and async functions; `@metrics.timer("Charge")` every
        call of a plain or async function.

        Args:
            name: The name of the metric.
            dimensions: Dimensions of this metric alone, besides those of the handler and those that were added.
            high_resolution: Whether CloudWatch keeps it by the second, and not by the minute.

        Raises:
            MetricError: See above. A clash of names is told when the block starts.
        """
        labels = NOTHING if dimensions is None else Labels(_checked(dimensions), {})
        return Timer(name, _kind("Milliseconds", high_resolution), labels)

    def add_dimensions(self, /, **dimensions: str) -> None:
        """Add dimensions to every metric that is recorded from here on, for the rest of the invocation.

        Inside a batch it is for the rest of the record. Nothing reaches the next one: see `bind`, which does the same
        for log lines. What was recorded before has other dimensions, and so is another metric.

        CloudWatch bills each combination of values as a metric, so a dimension has few values: what has many, the id of
        an order say, is for `add_properties`.

        Args:
            **dimensions: Names and values; a name that is there already gets the new value.

        Raises:
            MetricError: See above; or there would be more than 30.
        """
        _add(Labels(_checked(dimensions), {}))

    def add_properties(self, /, **properties: object) -> None:
        """Add what is to be found in the logs beside every metric that is recorded from here on, but is no dimension.

        It holds as long as dimensions do. Metrics with other properties are in lines of their own.

        Args:
            **properties: Names, and values that JSON knows; others are shown by their `str`. 128 KiB in all.

        Raises:
            MetricError: See above; or a value has no form in JSON: it has NaN or a cycle in it, or its `str` fails.
        """
        _add(Labels({}, {name: _as_json(name, value) for name, value in properties.items()}))

    def flush(self) -> None:
        """Write now what the invocation has recorded so far, so that a time-out cannot take it along.

        At the end it is done anyway. A meter is handed the metrics, and sends them when it sends.
        """
        around = collecting.get()
        if around is not None:
            around.flush()


metrics = Metrics()
"""Records metrics: `metrics.count("Charged")`, `metrics.record("Latency", 12.5, unit="Milliseconds")`, `with
metrics.timer("Charge"):`. See `Metrics`.
"""


def _kind(unit: Unit, high_resolution: bool) -> Kind:  # noqa: FBT001 - as it comes
    try:
        return RECORDS[unit, bool(high_resolution)]
    except (KeyError, TypeError):
        pass
    msg = f"unit is one of CloudWatch's, such as 'Milliseconds', 'Bytes', 'Percent' or 'None', not {unit!r}"
    raise refuse(msg)


def _with(dimensions: Mapping[str, str]) -> Labels:
    return added.get().and_also(Labels(_checked(dimensions), {}))


def _add(labels: Labels) -> None:
    joined = added.get().and_also(labels)
    (collecting.get() or at_once()).claim(joined)
    added.set(joined)


def _checked(dimensions: Mapping[str, str]) -> dict[str, str]:
    for name, value in dimensions.items():
        if problem := dimension_problem(name, value):
            raise refuse(problem)
    return dict(dimensions)


def _as_json(name: str, value: object) -> str:
    if problem := property_problem(name):
        raise refuse(problem)
    try:
        return json.dumps(value, allow_nan=False, default=str, separators=(",", ":"))
    except Exception as error:
        msg = f"the property {name!r} has no form in JSON: {type(error).__name__}"
        raise refuse(msg) from error
