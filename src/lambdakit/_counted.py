"""What features count of their own work, for `measured` to report: records that were not started, locks that were lost.

It stands below every feature: those that count do not know who listens, and mostly nobody does.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

listener: ContextVar[Callable[[str, int], None] | None] = ContextVar("lambdakit_listener", default=None)
"""Called with the name of a metric and a number of things: from any thread or task that has a copy of this context."""


def counted(name: str, number: int = 1) -> None:
    """Count things under the name of a metric: nothing happens, unless somebody listens in this context."""
    listen = listener.get()
    if listen is not None:
        listen(name, number)
