"""What an invocation has recorded so far: from any of its threads and tasks, until it is handed on."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING

from lambdakit import _env
from lambdakit.errors import MetricError

from ._emf import Emf, properties_size
from ._rules import MOST, MOST_DIMENSIONS, dimension_problem, metric_problem, namespace_problem, refuse
from ._series import COUNT, DIMENSION, NOTHING, PROPERTY, Labels, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ._series import Kind, Meter

MOST_HELD = 10_000
"""Values that are held; when there are so many they are handed on, and not only at the end."""
MOST_PROPERTIES = 128 * 1024
"""Bytes of the properties of one line, which leaves room for everything else in it."""

_log = logging.getLogger("lambdakit.metering")


class Target:
    """Where metrics go, and what all of them have in common: settled when a decorator is applied.

    Args:
        base: The dimensions of all metrics.
        export: Takes what was recorded.
    """

    __slots__ = ("base", "export", "kinds")

    def __init__(self, base: Labels, export: Callable[[Sequence[Series]], None]) -> None:
        self.base = base
        self.export = export
        self.kinds: Mapping[str, Kind] = dict.fromkeys(base.dimensions, DIMENSION)


class Collector:
    """What one invocation records. Everything may be called from any thread.

    Args:
        target: Where it goes.
        closed: Whether each value is to be handed on at once, as it is after the end of an invocation.
    """

    __slots__ = ("_groups", "_held", "_joined", "_kinds", "_labels", "_lock", "_most_held", "_series", "_target")

    def __init__(self, target: Target, *, closed: bool = False) -> None:
        self._target = target
        self._most_held = 0 if closed else MOST_HELD
        self._lock = Lock()
        self._kinds = dict(target.kinds)
        self._held = 0
        self._groups: dict[object, tuple[Labels, dict[str, Series]]] = {}
        self._labels: Labels | None = None  # of the group that was last recorded into, and the rest of it

    def add(self, name: str, value: float, kind: Kind, labels: Labels) -> None:
        """Record one value.

        Raises:
            MetricError: The name is none for a metric, or stands for something else in this invocation; or there are
                too many dimensions. Nothing has changed then.
        """
        if type(name) is not str:
            name = _as_text(name)
        with self._lock:
            if labels is not self._labels:
                self._enter(labels, name, kind)
            series = self._series.get(name)
            if series is None or series.kind is not kind:
                self._check(name, kind, labels)
                self._kinds[name] = kind
                self._series[name] = Series(name, kind, value, self._joined)
                self._held += 1
            elif kind.is_count:
                if series.values[0] + value > MOST:
                    msg = f"the sum of {name!r} is beyond what CloudWatch takes, which ends at 2**360"
                    raise refuse(msg)
                series.values[0] += value
            else:
                series.values.append(value)
                self._held += 1
            full = self._take() if self._held >= self._most_held else None
        if full is not None:
            self._send(full)

    def counted(self, name: str, number: int) -> None:
        """Count what a feature of lambdakit has done: under the dimensions of the handler alone, and never raising."""
        try:
            self.add(name, number, COUNT, NOTHING)
        except MetricError as error:
            _log.warning("%s was not counted: %s", name, error)

    def claim(self, labels: Labels, name: str | None = None, kind: Kind | None = None) -> None:
        """Keep names for what they stand for.

        Raises:
            MetricError: One stands for something else in this invocation, there are too many dimensions, or too much
                in the properties. Nothing has changed then.
        """
        with self._lock:
            if name is not None and kind is not None:
                self._check(_as_text(name), kind, labels)
            self._claim(labels)
            if name is not None and kind is not None:
                self._kinds[name] = kind

    def flush(self, *, for_good: bool = False) -> None:
        """Hand on what there is.

        Args:
            for_good: Whether the invocation is over: from now on, everything is handed on at once.
        """
        with self._lock:
            if for_good:
                self._most_held = 0
            series = self._take()
        if series:
            self._send(series)

    def _enter(self, labels: Labels, name: str, kind: Kind) -> None:
        """Go to the group of these labels. Its series have one object of them, by which lines are put together."""
        group = self._groups.get(labels.key)
        if group is None:
            joined = self._target.base
            if labels is not NOTHING:
                self._check(name, kind, labels)
                self._claim(labels)
                joined = joined.and_also(labels)
            group = self._groups[labels.key] = (joined, {})
        self._labels = labels
        self._joined, self._series = group

    def _check(self, name: str, kind: Kind, labels: Labels) -> None:
        if problem := metric_problem(name):
            raise refuse(problem)
        known = self._kinds.get(name, kind)
        if name in labels.dimensions:
            known = DIMENSION
        elif name in labels.properties:
            known = PROPERTY
        if known is not kind:
            raise _clash(name, known, kind)

    def _claim(self, labels: Labels) -> None:
        for names, kind in ((labels.dimensions, DIMENSION), (labels.properties, PROPERTY)):
            for name in names:
                if (known := self._kinds.get(name, kind)) is not kind:
                    raise _clash(name, known, kind)
        if both := labels.dimensions.keys() & labels.properties.keys():
            raise _clash(min(both), DIMENSION, PROPERTY)
        joined = self._target.base.and_also(labels)
        if len(joined.dimensions) > MOST_DIMENSIONS:
            msg = f"a metric has {MOST_DIMENSIONS} dimensions at most, those of its handler included; these are "
            raise refuse(f"{msg}{len(joined.dimensions)}")
        if (size := properties_size(joined.properties)) > MOST_PROPERTIES:
            msg = f"the properties of a metric take {MOST_PROPERTIES:,} bytes at most, as JSON; these take {size:,}"
            raise refuse(msg)
        self._kinds.update(dict.fromkeys(labels.dimensions, DIMENSION))
        self._kinds.update(dict.fromkeys(labels.properties, PROPERTY))

    def _take(self) -> list[Series]:
        series = [one for _, group in self._groups.values() for one in group.values()]
        self._held = 0
        self._labels = None
        self._groups.clear()
        return series

    def _send(self, series: list[Series]) -> None:
        try:
            self._target.export(series)
        except Exception:  # noqa: BLE001 - no handler fails for its metrics
            _log.exception("%d metric(s) could not be written", len(series))


collecting: ContextVar[Collector | None] = ContextVar("lambdakit_metrics", default=None)
"""What the invocation under way records into."""

added: ContextVar[Labels] = ContextVar("lambdakit_metric_labels", default=NOTHING)
"""The dimensions and properties that were added here. Replaced, never changed, as bound log fields are."""


def at_once() -> Collector:
    """What to record into outside an invocation: each value is a line, with what the environment tells at that time.

    Raises:
        MetricError: The namespace or the service that the environment gives is none for CloudWatch.
    """
    dimensions = service_dimension()
    problems = [namespace_problem(default_namespace()), *(dimension_problem(*pair) for pair in dimensions.items())]
    if problem := next(filter(None, problems), None):
        msg = f"{problem}. It comes from the environment: see LAMBDAKIT_NAMESPACE and LAMBDAKIT_SERVICE"
        raise refuse(msg)
    return Collector(emf_target(default_namespace(), dimensions), closed=True)


def emf_target(namespace: str, dimensions: Mapping[str, str], dimension_sets: Sequence[tuple[str, ...]] = ()) -> Target:
    """The target of lines in the embedded metric format."""
    base = Labels(dimensions, {})
    return Target(base, Emf(namespace, base, dimension_sets).export)


def meter_target(meter: Meter, namespace: str, dimensions: Mapping[str, str]) -> Target:
    """The target of a meter."""
    return Target(Labels(dimensions, {}), lambda series: hand_on(meter, namespace, series))


def hand_on(meter: Meter, namespace: str, series: Sequence[Series]) -> None:
    """Hand metrics to a meter; all that are not written as lines go through here."""
    meter.export(namespace, series)


def service_dimension() -> dict[str, str]:
    """The dimension that tells the service, if that is known."""
    service = _env.service()
    return {} if service is None else {"service": service}


def default_namespace() -> str:
    """The namespace of metrics, if none is given: outside Lambda nothing may be known, and nothing is published."""
    return _env.namespace() or _env.service() or "local"


def _as_text(name: object) -> str:
    if not isinstance(name, str):
        msg = f"the name of a metric is a string; got one of type {type(name).__name__}"
        raise refuse(msg)
    return str.__str__(name)  # of an enum's member, its value


def _clash(name: str, known: Kind, kind: Kind) -> MetricError:
    return refuse(
        f"{name!r} is {kind.what} here, and {known.what} elsewhere in this invocation. In a line there is one member "
        "of a name, so use another one."
    )
