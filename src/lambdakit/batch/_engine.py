"""The batch engine: calls the rest of the chain once per record, and answers for those that failed.

Every record runs in a context of its own, so nothing that one binds or sets is seen by the next. A record fails by any
`Exception`, that of a model it does not fit included; the other records go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from lambdakit import _callables
from lambdakit._core import Bound
from lambdakit._invocation import invocation
from lambdakit._middleware import Adapter
from lambdakit._step import blocking
from lambdakit._trace_context import trace_here
from lambdakit.errors import BatchError

from ._options import check
from ._work import NOTHING_WRONG, Work
from ._workers import run_in_tasks, run_in_threads, run_one_by_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lambdakit._core import Handler, Next

    from ._source import Record, Retry, Source


A = TypeVar("A")

_LARGE = 1_000  # records


def batch_of(
    source: Source[A],
    *,
    concurrency: int,
    reserve: float | None,
    on_all_failed: str = "report",
    report_item_failures: bool = True,
    retry: Retry | None = None,
) -> Adapter[object, A, Record, object]:
    """Make the middleware that runs the rest of the chain for each record of a source.

    Args:
        source: Where the records come from.
        concurrency: How many records are processed at the same time, at most.
        reserve: Seconds that must be left for a record to be started; None: learned.
        on_all_failed: `"raise"` or `"report"`, if nothing of a batch came off.
        report_item_failures: Whether the service heeds the answer; if not, any failure raises.
        retry: How failed records are tried again, where the source leaves it to us.

    Raises:
        OptionError: An option has a value that it cannot have.
    """
    check(
        source.name,
        concurrency=concurrency,
        reserve=reserve,
        on_all_failed=(on_all_failed, ("raise", "report")),
        report_item_failures=(report_item_failures, (True, False)),
    )

    def fit(handler: Handler[Any, Any]) -> Bound:
        who = _callables.where(handler.function)

        async def batch(event: object, call_next: Next[Record, object]) -> object:
            records = source.records(event)
            work = Work(
                source,
                records,
                lane_of=source.lane_of(records, concurrency),
                reserve=reserve,
                exact=concurrency > 1 or (len(records) <= _LARGE and not _is_of_aws(invocation.get()[0].context)),
                retry=retry,
            )
            if (trace := trace_here.get()) is not None:
                call_next = trace.around_records(call_next)
            if not work.whole._stepped:
                await run_in_tasks(work, call_next, concurrency)
            elif concurrency == 1:
                run_one_by_one(work, call_next)
            else:
                run_in_threads(work, call_next, concurrency)
            work.settle()
            if failures := work.failures:
                if retry is not None:
                    await blocking(retry.delay, records, failures)
                alarm = on_all_failed == "raise" and source.all_failed(records, failures) and _wrong(failures.values())
                if alarm or not report_item_failures:
                    failed = [(source.id_of(records[index]), failures[index]) for index in sorted(failures)]
                    raise _batch_error(failed, of=len(records), who=who, reported=report_item_failures)
            return source.answer(event, records, failures, work.results)

        return Bound(batch, source.name, changes_event=True)

    return Adapter(fit)


def _is_of_aws(context: object) -> bool:
    """Whether the context's clock is the real one; a test moves that of its own context."""
    return type(context).__module__.startswith("awslambdaric.")


def _wrong(errors: Iterable[Exception]) -> bool:
    """Whether any of them says that something is wrong."""
    return not all(isinstance(error, NOTHING_WRONG) for error in errors)


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
