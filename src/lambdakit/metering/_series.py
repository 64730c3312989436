"""What was recorded, as it is handed to whatever sends it; and the protocol of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ._rules import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._rules import Unit


class Labels:
    """The dimensions and properties that metrics have in common. They never change.

    Attributes:
        dimensions: Names and values, outermost first.
        properties: Names, and values in JSON.
        key: The same for equal ones.
    """

    __slots__ = ("dimensions", "key", "properties")

    def __init__(self, dimensions: Mapping[str, str], properties: Mapping[str, str]) -> None:
        self.dimensions = dimensions
        self.properties = properties
        self.key = (tuple(dimensions.items()), tuple(properties.items()))

    def and_also(self, inner: Labels) -> Labels:
        """Both together; of two with the same name the inner one."""
        if not (inner.dimensions or inner.properties):
            return self
        return Labels({**self.dimensions, **inner.dimensions}, {**self.properties, **inner.properties})


NOTHING = Labels({}, {})


class Kind:
    """What a name stands for in an invocation, and may not stand for anything else there.

    Attributes:
        what: Says it in an error message.
        unit: Of a metric, its unit.
        is_count: Of a metric, whether it is counted.
        high_resolution: Of a metric, whether it is kept by the second.
    """

    __slots__ = ("high_resolution", "is_count", "unit", "what")

    def __init__(
        self, what: str, unit: Unit = "None", *, is_count: bool = False, high_resolution: bool = False
    ) -> None:
        self.what = what
        self.unit: Unit = unit
        self.is_count = is_count
        self.high_resolution = high_resolution


DIMENSION = Kind("a dimension")
PROPERTY = Kind("a property")
COUNT = Kind("a count", "Count", is_count=True)
HIGH_RESOLUTION_COUNT = Kind("a count of high resolution", "Count", is_count=True, high_resolution=True)
RECORDS = {
    (unit, high_resolution): Kind(
        f"recorded in the unit {unit!r}{' at high resolution' if high_resolution else ''}",
        unit,
        high_resolution=high_resolution,
    )
    for unit in UNITS
    for high_resolution in (False, True)
}
"""There is one object for each kind, so that `is` tells whether two are the same."""


class Series:
    """The values of one metric under the same dimensions and properties.

    Attributes:
        name: The metric's name.
        kind: Its unit, and whether it was counted.
        values: At least one; what was counted has one, the sum.
        labels: Its dimensions and properties.
    """

    __slots__ = ("kind", "labels", "name", "values")

    def __init__(self, name: str, kind: Kind, value: float, labels: Labels) -> None:
        self.name = name
        self.kind = kind
        self.values = [value]
        self.labels = labels


class Meter(Protocol):
    """What takes the metrics of an invocation to another place than CloudWatch's logs: `OTelMeter`, or one of yours."""

    def export(self, namespace: str, series: Sequence[Series], /) -> None:
        """Take what was recorded. It is called in any thread, must not wait for a network, and its errors are logged.

        Args:
            namespace: The namespace of the metrics.
            series: What was recorded since the last time; at least one.
        """
        ...

    def flush(self, seconds: float, /) -> None:
        """Send what was taken, at the end of an invocation; its errors are logged.

        Args:
            seconds: The time that is left for it; the invocation ends then.
        """
        ...
