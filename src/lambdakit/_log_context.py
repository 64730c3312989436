"""What `bind` and `bound` set: the fields that log lines carry beside their own.

It stands below every feature, and loads no logging library: this is where features meet to say something in each line.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_NOTHING: Mapping[str, object] = MappingProxyType({})

_bound_here: ContextVar[Mapping[str, object]] = ContextVar("lambdakit_log_fields", default=_NOTHING)
"""Replaced, never changed: a copy of the context keeps what was bound when it was made."""


def bound_fields() -> Mapping[str, object]:
    """The fields that are bound here, outermost first."""
    return _bound_here.get()


def bind(**fields: object) -> None:
    """Add fields to every log line, for the rest of the invocation.

    Inside a batch it is for the rest of the record. Nothing reaches the next one: each runs in a context of its own.
    The same holds for a task or a thread that was started with a copy of the context (`asyncio.create_task`,
    `asyncio.to_thread`, `blocking`): it sees what was bound before, and what it binds stays there.

    Outside an invocation the fields hold for all that follows in this context: those that are bound while a module is
    imported are in the lines of every invocation. So are those that are bound in a Lambda function which no decorator
    of lambdakit was applied to.

    Args:
        **fields: Any values; a name that is bound already gets the new value.
    """
    _bound_here.set({**_bound_here.get(), **fields})


class bound:  # noqa: N801 - used as a statement
    """Add fields to every log line of a block.

    `with bound(order_id=order.id):` works alike in plain and async functions, and in generators. At the end of the
    block its fields get the values back that they had before; what `bind` added inside stays.

    Args:
        **fields: Any values.

    Limitations:
        A generator runs in the context of who asks it for values: while it is between two values, inside a block, its
        caller sees the fields too.
    """

    __slots__ = ("_fields", "_shadowed")

    def __init__(self, /, **fields: object) -> None:
        self._fields = fields
        self._shadowed: list[Mapping[str, object]] = []

    def __enter__(self) -> None:
        before = _bound_here.get()
        self._shadowed.append({name: before[name] for name in self._fields if name in before})
        _bound_here.set({**before, **self._fields})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Not by a token: a generator may be closed in another context than it was started in.
        others = {name: value for name, value in _bound_here.get().items() if name not in self._fields}
        _bound_here.set({**others, **self._shadowed.pop()})
