"""Metrics for Lambda, in CloudWatch's embedded metric format: one JSON object on a line, and no call to any service."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING, Any

from lambdakit import _env
from lambdakit._configurable import ConfigurableMiddleware, called_at
from lambdakit._core import Bound
from lambdakit._counted import listener
from lambdakit._invocation import invocation
from lambdakit._middleware import Middleware
from lambdakit._step import blocking
from lambdakit.errors import OptionError

from ._collector import (
    Collector,
    Target,
    collecting,
    default_namespace,
    emf_target,
    meter_target,
    service_dimension,
)
from ._metrics import Metrics, metrics
from ._rules import MOST_DIMENSIONS, Unit, dimension_problem, namespace_problem
from ._series import COUNT, NOTHING, Kind, Labels, Meter, Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lambdakit._core import Next
    from lambdakit._invocation import Invocation

__all__ = ["Kind", "Labels", "Meter", "Metrics", "Series", "Unit", "measured", "metrics"]

_MARGIN = 0.25
"""Seconds that are left for the answer, when a meter sends."""
_LONGEST_SETS = 16 * 1024
"""Characters in all names of `dimension_sets`, so that there is room for metrics in a line."""

_log = logging.getLogger("lambdakit.metering")


@ConfigurableMiddleware
def measured(
    *,
    namespace: str | None = None,
    service: str | None = None,
    dimensions: Mapping[str, str] | None = None,
    dimension_sets: Iterable[Iterable[str]] | None = None,
    cold_start: bool = False,
    meter: Meter | None = None,
) -> Middleware:
    """Write what an invocation records with `metrics` when it ends, however it ends.

    It is written to standard output in CloudWatch's embedded metric format: one JSON object on a line. CloudWatch makes
    metrics of it, with no call to any service and no permission. Each line also has the `function_request_id`, by
    which it is found from a log line and the other way round. It is split at every limit of that format. Where Lambda's
    log-level filter drops lines below WARN, ERROR or FATAL, they carry that level, so that no metric is lost.

    What lambdakit counts of its own work is counted too: `RecordsNotStarted`, `RecordsNotFinished`, `OwnershipLost`,
    under the dimensions of the handler.

    Args:
        namespace: The namespace. Default: `LAMBDAKIT_NAMESPACE`, else the service; outside Lambda, where neither may be
            known, `local`.
        service: The dimension `service`. Default: `LAMBDAKIT_SERVICE`, `OTEL_SERVICE_NAME`, the function's name; left
            out where none is known.
        dimensions: More dimensions of every metric.
        dimension_sets: The sets of dimensions, by their names, that a metric is published under: `[["service"],
            ["service", "Currency"]]` makes two metrics of one. A set counts for the metrics that have all of it; a
            metric that no set counts for is published under all its dimensions, as it is by default.
        cold_start: Whether to count `ColdStart`, with the dimension `function_name`, in the first invocation of a
            sandbox, if someone waited for its start.
        meter: Sends the metrics somewhere else instead: `OTelMeter()`.

    Raises:
        OptionError: An option has a value that it cannot have; at import.

    Limitations:
        A bare `threading.Thread` starts with an empty context: what it records is written at once, as outside an
        invocation. Use `blocking`, `asyncio.to_thread`, or `copy_context().run`. What is recorded after the end of its
        invocation is written at once, too. A time-out of the function loses what was not yet written: see
        `metrics.flush`.
    """
    target = _checked_target(namespace, service, dimensions, dimension_sets, meter)
    if cold_start and len(target.base.dimensions) == MOST_DIMENSIONS and "function_name" not in target.base.dimensions:
        msg = f"{called_at('measured')}: cold_start adds the dimension 'function_name', and 30 are there already"
        raise OptionError(msg)

    async def layer(event: Any, call_next: Next[Any, Any]) -> Any:
        outer, mine, sends = collecting.get(), Collector(target), meter is not None
        collecting.set(mine)
        listener.set(mine.counted)
        if cold_start:
            _count_cold_start(mine, target)
        try:
            return await call_next(event)
        except GeneratorExit:  # the coroutine is being closed: nothing can be awaited any more
            sends = False
            raise
        finally:
            if outer is not None:  # else the context ends with the invocation, and what layers around record is late
                collecting.set(outer)
                listener.set(outer.counted)
            mine.flush(for_good=True)
            if sends and meter is not None:
                await blocking(_flush, meter, invocation.get()[0].remaining - _MARGIN)

    bound = Bound(layer, "measured")
    return Middleware(lambda _: bound)


def _flush(meter: Meter, seconds: float) -> None:
    if seconds <= 0:
        _log.warning("metrics were not sent: no time was left")
        return
    try:
        meter.flush(seconds)
    except Exception:  # noqa: BLE001 - the handler has done its work
        _log.exception("metrics could not be sent")


_told_of: list[Invocation] = []
"""The invocation whose cold start was counted, if any."""
_telling = Lock()


def _count_cold_start(mine: Collector, target: Target) -> None:
    """Count a cold start once, though `measured` may stand in a chain twice, or below a batch."""
    whole = invocation.get()[0]
    if not whole.cold_start:
        return
    with _telling:
        if any(told is whole for told in _told_of):
            return
        _told_of[:] = [whole]
    name = getattr(whole.context, "function_name", None) or _env.function_name()
    known = "function_name" in target.base.dimensions or dimension_problem("function_name", name)
    mine.add("ColdStart", 1, COUNT, NOTHING if known else Labels({"function_name": str(name)}, {}))


def _checked_target(
    namespace: object,
    service: object,
    dimensions: Mapping[str, str] | None,
    dimension_sets: Iterable[Iterable[str]] | None,
    meter: Meter | None,
) -> Target:
    """Check the options, and make what they say."""
    name = default_namespace() if namespace is None else namespace
    base: dict[str, Any] = service_dimension() if service is None else {"service": service}
    problem = namespace_problem(name)
    if problem is not None and namespace is None:
        problem += ", from LAMBDAKIT_NAMESPACE or the name of the service"
    if problem is None and dimensions is not None and not hasattr(dimensions, "items"):
        problem = f"dimensions: expected a mapping of names to values, got one of type {type(dimensions).__name__}"
    if problem is None:
        base.update(dimensions or {})
        problem = next(filter(None, (dimension_problem(key, value) for key, value in base.items())), None)
    if problem is None and len(base) > MOST_DIMENSIONS:
        problem = f"dimensions: expected {MOST_DIMENSIONS} at most, with the service; got {len(base)}"
    sets: Sequence[tuple[str, ...]] = ()
    if problem is None and dimension_sets is not None:
        sets, problem = _checked_sets(dimension_sets)
        if problem is None and meter is not None:
            problem = "dimension_sets are CloudWatch's own; a meter has none"
    if problem is None and meter is not None and not (hasattr(meter, "export") and hasattr(meter, "flush")):
        problem = f"meter: expected one such as OTelMeter(), got {meter!r}"
    if problem:
        msg = f"{called_at('measured')}: {problem}"
        raise OptionError(msg)
    return emf_target(str(name), base, sets) if meter is None else meter_target(meter, str(name), base)


def _checked_sets(dimension_sets: Iterable[Iterable[str]]) -> tuple[Sequence[tuple[str, ...]], str | None]:
    expected = "dimension_sets: expected lists of names, such as [['service'], ['service', 'Currency']]"
    if isinstance(dimension_sets, str) or not hasattr(dimension_sets, "__iter__"):
        return (), f"{expected}; got {dimension_sets!r}"
    sets = []
    for names in dimension_sets:
        if isinstance(names, str) or not hasattr(names, "__iter__"):
            return (), f"{expected}; got {names!r} in it"
        one = tuple(names)
        for name in one:
            if problem := dimension_problem(name, "any"):
                return (), f"dimension_sets: {problem}"
        sets.append(tuple(dict.fromkeys(one)))
        if len(sets[-1]) > MOST_DIMENSIONS:
            return (), f"dimension_sets: expected {MOST_DIMENSIONS} names at most in one; got {len(sets[-1])}"
    if sum(len(name) + 3 for names in sets for name in names) > _LONGEST_SETS:
        return (), "dimension_sets: expected less; the names take too much room in every line"
    return tuple(dict.fromkeys(sets)), None
