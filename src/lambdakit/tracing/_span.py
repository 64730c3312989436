"""`span`: a part of the work, as a block or as a function."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._configurable import called_at
from lambdakit._core import Handler
from lambdakit._trace_context import trace_here
from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TypeVar

    from ._protocol import Span, SpanUnderWay
    from ._trace import TraceHere

    F = TypeVar("F", bound=Callable[..., Any])

_GENERATOR = 0x20
_ASYNC_GENERATOR = 0x200


class Nothing:
    """A span that is sent nowhere: what `span` gives where nothing is traced. There is one of it."""

    __slots__ = ()

    def set(self, /, **_attributes: object) -> None:
        """Do nothing."""

    def event(self, _name: str, /, **_attributes: object) -> None:
        """Do nothing."""

    def fail(self, _reason: BaseException | str, /) -> None:
        """Do nothing."""


NOTHING = Nothing()


class span:  # noqa: N801 - used as a statement
    """Make a part of the work a span of its own: a block, or a function.

    `with span("charge", order=order.id) as charge:` gives the span, to be told more. As a decorator, `@span("charge")`
    makes a span of each call, and the function stays what it is: plain, async, a generator or an async generator, with
    the same signature. An error that escapes is recorded, and marks the span as failed.

    The span is a child of the one around it, and is sent by the tracer of the invocation. Where nothing is traced,
    since there is no tracer, or no `traced` around it, nothing happens.

    Args:
        name: What is done; the same name each time, so no ids in it.
        **attributes: See `Span.set`.

    Raises:
        OptionError: It was applied to what is no function; a handler takes `traced`.

    Limitations:
        A block in a generator must not hold a `yield`: what the generator's caller does meanwhile would be in the
        span, too. Use the decorator, which makes the span the current one only while the generator runs.
    """

    __slots__ = ("_attributes", "_name", "_open")

    def __init__(self, name: str, /, **attributes: object) -> None:
        self._name = name
        self._attributes = attributes
        self._open: tuple[SpanUnderWay, object, Any] | None = None

    @staticmethod
    def current() -> Span:
        """The span under way: the innermost `span`, or that of `traced`; one that does nothing, where there is none."""
        trace = _under_way()
        return NOTHING if trace is None else trace.tracer.current()

    def __enter__(self) -> Span:
        trace = _under_way()
        if trace is None:
            return NOTHING
        started = trace.tracer.start(self._name, self._attributes)
        self._open = (started, started.enter(), self._open)
        return started

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._open is not None:
            started, before, self._open = self._open
            started.end(error)
            started.leave(before)

    def __call__(self, function: F, /) -> F:
        """Decorate a function."""
        decorated: Any = function
        if isinstance(function, staticmethod | classmethod):
            inner: Any = type(function)(self(function.__func__))
            return inner  # type: ignore[no-any-return]
        if isinstance(function, type | Handler) or not callable(function):
            what = "a handler: use @traced" if isinstance(function, Handler) else "no function"
            msg = f"{called_at('span')}: {_shown(function)} is {what}"
            raise OptionError(msg)
        decorated = _wrapper(function, self._name, self._attributes)
        return functools.update_wrapper(decorated, function)  # type: ignore[return-value]


def _under_way() -> TraceHere | None:
    trace: Any = trace_here.get()
    return trace  # type: ignore[no-any-return]


def _shown(function: object) -> str:
    return _callables.where(function) if callable(function) else repr(function)


def _wrapper(function: Callable[..., Any], name: str, attributes: dict[str, object]) -> Callable[..., Any]:
    """The function with a span around each call; of the same kind, so that whoever asks what it is gets the answer."""

    def start() -> SpanUnderWay | None:
        trace = _under_way()
        return None if trace is None else trace.tracer.start(name, attributes)

    code = _callables.code_of(function)
    flags = 0 if code is None else code.co_flags
    if flags & (_GENERATOR | _ASYNC_GENERATOR):
        from ._stepping import around_async_generator, around_generator  # noqa: PLC0415 - most functions are none

        around: Any = around_generator if flags & _GENERATOR else around_async_generator
        return around(function, start)  # type: ignore[no-any-return]
    if _callables.is_async(function):

        async def call_async(*args: Any, **kwargs: Any) -> Any:
            if trace_here.get() is None:
                return await function(*args, **kwargs)
            with span(name, **attributes):
                return await function(*args, **kwargs)

        return call_async

    def call(*args: Any, **kwargs: Any) -> Any:
        if trace_here.get() is None:
            return function(*args, **kwargs)
        with span(name, **attributes):
            return function(*args, **kwargs)

    return call
