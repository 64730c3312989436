"""The batch engine: calls the rest of the chain once per record, and knows afterwards which records failed.

Every record runs in a context of its own, so nothing that one binds or sets is seen by the next. A record fails by any
`Exception`, that of a model it does not fit included; the other records go on.
"""

from __future__ import annotations

import logging
from contextvars import copy_context
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lambdakit import _callables
from lambdakit._core import Bound, only_function
from lambdakit._invocation import invocation
from lambdakit._step import DONE, meant_by, refuse_coroutine, refuse_to_suspend
from lambdakit.errors import BatchError, HandlerCancelledError, LambdakitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lambdakit._core import Handler, Next
    from lambdakit._invocation import Invocation
    from lambdakit._middleware import Fit

A_co = TypeVar("A_co", covariant=True)

Record = dict[str, Any]
"""One record, as AWS sent it."""

Failures = dict[int, Exception]
"""The error of each record that failed, by its place in the batch, in no order."""

_log = logging.getLogger("lambdakit.batch")


class Source(Protocol[A_co]):
    """What the engine has to know of a service."""

    name: str
    """The decorator's."""

    def records(self, event: object) -> Sequence[Record]:
        """The records of an event.

        Raises:
            EventError: The event is not of this source, or a record has no id, so that its failure could not be told.
        """
        ...

    def id_of(self, record: Record, /) -> str:
        """By what the failure of a record is told."""
        ...

    def lane_of(self, records: Sequence[Record]) -> Callable[[Record], str | None] | None:
        """What tells the lane of a record; None if these records are in no order.

        Records of one lane are kept in order: when one fails, the rest of its lane is not started.
        """
        ...

    def describe(self, record: Mapping[str, Any]) -> Mapping[str, object]:
        """The fields that every log line of the record has."""
        ...

    def answer(self, failed: Sequence[str]) -> A_co:
        """What the service is answered, given the ids of the failed records in the order of the batch."""
        ...


class NotStartedError(LambdakitError):
    """A record was not started, since one before it failed that it may not overtake."""


def engine(source: Source[object], *, raise_all_failed: bool, report_item_failures: bool) -> Fit:
    """Make the layer that runs the rest of the chain for each record of a source."""

    def fit(handler: Handler[Any, Any]) -> Bound:
        who = _callables.where(handler.function)

        async def batch(event: object, call_next: Next[Record, object]) -> object:
            records = source.records(event)
            whole = invocation.get()[0]
            if whole._stepped:
                failures = _one_by_one(source, records, call_next, whole)
            else:
                failures = await _one_by_one_on_loop(source, records, call_next, whole)
            failed = [(source.id_of(records[index]), failures[index]) for index in sorted(failures)]
            if failed and (not report_item_failures or (raise_all_failed and len(failed) == len(records))):
                raise _batch_error(failed, of=len(records), who=who, reported=report_item_failures)
            return source.answer(list(dict.fromkeys(record_id for record_id, _ in failed)))

        return Bound(batch, source.name, changes_event=True)

    return fit


def _one_by_one(
    source: Source[object], records: Sequence[Record], call_next: Next[Record, object], whole: Invocation
) -> Failures:
    failures: Failures = {}
    describe, enter, context = source.describe, invocation.set, whole.context
    function = only_function(call_next)
    try:
        for index, record in _startable(source, records, failures):
            enter((whole, record, describe))
            isolated = copy_context()
            try:
                if function is None:
                    coroutine = call_next(record)
                    if isolated.run(next, coroutine.__await__(), DONE) is not DONE:
                        isolated.run(refuse_to_suspend, coroutine)
                elif type(result := isolated.run(function, record, context)) is CoroutineType:
                    refuse_coroutine(function, result)
            except Exception as error:  # noqa: BLE001 - that is what a failed record is
                failures[index] = meant_by(error)
                isolated.run(_tell, source.id_of(record), failures[index])
            except BaseException as error:
                if type(error).__name__ != "CancelledError":
                    raise
                failures[index] = _cancelled_from_inside(error)
                isolated.run(_tell, source.id_of(record), failures[index])
    finally:
        enter((whole, None, None))
    return failures


async def _one_by_one_on_loop(
    source: Source[object], records: Sequence[Record], call_next: Next[Record, object], whole: Invocation
) -> Failures:
    from asyncio import CancelledError, current_task, get_running_loop  # noqa: PLC0415 - a loop runs: it is loaded

    failures: Failures = {}
    loop, this = get_running_loop(), current_task()
    for index, record in _startable(source, records, failures):
        isolated = copy_context()
        isolated.run(invocation.set, (whole, record, source.describe))
        try:
            # A task, since only a task can have a context of its own.
            await loop.create_task(call_next(record), context=isolated)
        except CancelledError as error:
            if this is not None and this.cancelling():
                raise
            failures[index] = _cancelled_from_inside(error)
            isolated.run(_tell, source.id_of(record), failures[index])
        except Exception as error:  # noqa: BLE001 - that is what a failed record is
            failures[index] = error
            isolated.run(_tell, source.id_of(record), error)
    return failures


def _startable(source: Source[object], records: Sequence[Record], failures: Failures) -> Iterable[tuple[int, Record]]:
    """The records that may be started, told apart while they run; those that may not are failures at once."""
    lane_of = source.lane_of(records)
    return enumerate(records) if lane_of is None else _in_lanes(lane_of, records, failures)


def _in_lanes(
    lane_of: Callable[[Record], str | None], records: Sequence[Record], failures: Failures
) -> Iterator[tuple[int, Record]]:
    stopped: set[str | None] = set()
    for index, record in enumerate(records):
        lane = lane_of(record)
        if lane in stopped:
            failures[index] = NotStartedError("a record before it, which it may not overtake, failed")
            continue
        yield index, record
        if index in failures:
            stopped.add(lane)


def _cancelled_from_inside(error: BaseException) -> HandlerCancelledError:
    cancelled = HandlerCancelledError("something in the processing of the record raised CancelledError")
    cancelled.__cause__ = error
    return cancelled


def _tell(record_id: str, error: Exception) -> None:
    _log.error("record %s failed: %s", record_id, type(error).__name__, exc_info=error)


def _batch_error(failed: Sequence[tuple[str, Exception]], *, of: int, who: str, reported: bool) -> BatchError:
    kinds: dict[str, int] = {}
    for _, error in failed:
        kinds[type(error).__name__] = kinds.get(type(error).__name__, 0) + 1
    told = ", ".join(f"{kind} ({count})" for kind, count in kinds.items())
    why = (
        "so the whole batch is tried again"
        if reported
        else "and with report_item_failures=False the answer could not say which"
    )
    error = BatchError(f"{len(failed)} of {of} records failed in {who}, {why}: {told}", failed)
    error.__cause__ = failed[0][1]  # the others have been logged, and may be many
    return error
