"""The trace under way, as far as other features have to do with it: what log lines say of it, and spans of records.

It stands below every feature: logs and batches do not know what traces are made of, and mostly there is none.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # where nothing is traced, nobody asks for the protocol, and making one takes a while
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any, Protocol

    class Trace(Protocol):
        """A trace under way."""

        def log_fields(self) -> Mapping[str, object]:
            """What a log line says of the span it is written in: `trace_id`, `span_id`."""
            ...

        def tell(self, **attributes: object) -> None:
            """Set attributes of the current span."""
            ...

        def around_records(
            self, call_next: Callable[[Any], Coroutine[Any, Any, Any]], /
        ) -> Callable[[Any], Coroutine[Any, Any, Any]]:
            """Given what processes a record, give what does so in a span of the record's own."""
            ...


trace_here: ContextVar[Trace | None] = ContextVar("lambdakit_trace", default=None)
"""Set by `traced` for what is beneath it, and set back by setting the value that was there before."""
