"""A trace under way: what other features may ask of it, and the spans of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._work import work_of_record

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from ._protocol import Tracer


class TraceHere:
    """The trace of an invocation; of all its invocations, since it holds nothing but the tracer."""

    __slots__ = ("tracer",)

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    def log_fields(self) -> Mapping[str, object]:
        """What a log line says of the current span."""
        return self.tracer.log_fields()

    def tell(self, **attributes: object) -> None:
        """Set attributes of the current span."""
        self.tracer.current().set(**attributes)

    def around_records(
        self, call_next: Callable[[Any], Coroutine[Any, Any, Any]], /
    ) -> Callable[[Any], Coroutine[Any, Any, Any]]:
        """Give what processes a record in a span of its own."""
        begin = self.tracer.begin

        async def process(record: Any) -> Any:
            started = begin(work_of_record(record))
            started.enter()  # and never left: a record has a context of its own, where its failure is logged, too
            try:
                result = await call_next(record)
            except GeneratorExit:
                started.end()
                raise
            except BaseException as error:
                started.end(error)
                raise
            started.end()
            return result

        return process
