"""The kinds of middleware: what a decorator of lambdakit is, and what it does to the types of a handler.

A decorator and a middleware are one value. Applied to a function it makes a `Handler`; applied to a `Handler` it
becomes the outermost of its layers; `stack` makes one of several.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, overload

from . import _callables
from ._core import Bound, Handler, Layer, Next
from ._invocation import Context
from .errors import ConfigurationError

S = TypeVar("S")
C = TypeVar("C", bound=Context)
E = TypeVar("E")
R = TypeVar("R")
E_in = TypeVar("E_in")
R_out = TypeVar("R_out")
E_next = TypeVar("E_next")
R_next = TypeVar("R_next")

Fit: TypeAlias = Callable[[Handler[Any, Any]], Bound]
"""Given the handler beneath, make the layer; so a layer can look at the function, or refuse it, once and at import."""

if TYPE_CHECKING:
    # What can be decorated, besides a Handler. The context is a TypeVar, so that any library's annotation is accepted.
    # Unions would make two overloads of four, but mypy cannot tell their members apart where a partial comes.
    Function: TypeAlias = Callable[[E, C], R]
    AsyncFunction: TypeAlias = Callable[[E, C], Coroutine[Any, Any, R]]
    Method: TypeAlias = Callable[[S, E, C], R]  # as it stands in the body of its class
    AsyncMethod: TypeAlias = Callable[[S, E, C], Coroutine[Any, Any, R]]


class Decorator:
    """What every kind does when it runs; the kinds differ in types alone."""

    def __init__(self, *fits: Fit) -> None:
        self.fits = fits
        """One for each layer, outermost first: given the handler beneath, it gives the layer."""

    def __call__(self, handler: Any, /) -> Any:
        """Put the layers around a function, or around those that a handler has."""
        made: Any = handler if isinstance(handler, Handler) else Handler(handler)
        for fit in reversed(self.fits):
            made = made._under(fit(made))
        return made


class Middleware(Decorator):
    """A middleware that leaves the types of the event and of the result as they are."""

    if TYPE_CHECKING:

        @overload
        def __call__(self, handler: Handler[E, R], /) -> Handler[E, R]: ...
        @overload
        def __call__(self, handler: AsyncFunction[E, C, R], /) -> Handler[E, R]: ...
        @overload
        def __call__(self, handler: AsyncMethod[S, E, C, R], /) -> Handler[E, R]: ...
        @overload
        def __call__(self, handler: Function[E, C, R], /) -> Handler[E, R]: ...
        @overload
        def __call__(self, handler: Method[S, E, C, R], /) -> Handler[E, R]: ...
        def __call__(self, handler: Any, /) -> Any: ...


class EventMiddleware(Decorator, Generic[E_in, E_next]):
    """A middleware that makes another event of the one that comes in."""

    if TYPE_CHECKING:

        @overload
        def __call__(self, handler: Handler[E_next, R], /) -> Handler[E_in, R]: ...
        @overload
        def __call__(self, handler: AsyncFunction[E_next, C, R], /) -> Handler[E_in, R]: ...
        @overload
        def __call__(self, handler: AsyncMethod[S, E_next, C, R], /) -> Handler[E_in, R]: ...
        @overload
        def __call__(self, handler: Function[E_next, C, R], /) -> Handler[E_in, R]: ...
        @overload
        def __call__(self, handler: Method[S, E_next, C, R], /) -> Handler[E_in, R]: ...
        def __call__(self, handler: Any, /) -> Any: ...


class ResultMiddleware(Decorator, Generic[R_out, R_next]):
    """A middleware that makes another result of the one that the handler gives."""

    if TYPE_CHECKING:

        @overload
        def __call__(self, handler: Handler[E, R_next], /) -> Handler[E, R_out]: ...
        @overload
        def __call__(self, handler: AsyncFunction[E, C, R_next], /) -> Handler[E, R_out]: ...
        @overload
        def __call__(self, handler: AsyncMethod[S, E, C, R_next], /) -> Handler[E, R_out]: ...
        @overload
        def __call__(self, handler: Function[E, C, R_next], /) -> Handler[E, R_out]: ...
        @overload
        def __call__(self, handler: Method[S, E, C, R_next], /) -> Handler[E, R_out]: ...
        def __call__(self, handler: Any, /) -> Any: ...


class Adapter(Decorator, Generic[E_in, R_out, E_next, R_next]):
    """A middleware that makes another event, and another result."""

    if TYPE_CHECKING:

        @overload
        def __call__(self, handler: Handler[E_next, R_next], /) -> Handler[E_in, R_out]: ...
        @overload
        def __call__(self, handler: AsyncFunction[E_next, C, R_next], /) -> Handler[E_in, R_out]: ...
        @overload
        def __call__(self, handler: AsyncMethod[S, E_next, C, R_next], /) -> Handler[E_in, R_out]: ...
        @overload
        def __call__(self, handler: Function[E_next, C, R_next], /) -> Handler[E_in, R_out]: ...
        @overload
        def __call__(self, handler: Method[S, E_next, C, R_next], /) -> Handler[E_in, R_out]: ...
        def __call__(self, handler: Any, /) -> Any: ...


D = TypeVar("D", bound=Decorator)
E_contra = TypeVar("E_contra", contravariant=True)
E_co = TypeVar("E_co", covariant=True)
R_contra = TypeVar("R_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class _Keeping(Protocol):
    async def __call__(self, event: E, call_next: Next[E, R], /) -> R: ...


class _ChangingEvent(Protocol[E_contra, E_co]):
    async def __call__(self, event: E_contra, call_next: Next[E_co, R], /) -> R: ...


class _ChangingResult(Protocol[R_co, R_contra]):
    async def __call__(self, event: E, call_next: Next[E, R_contra], /) -> R_co: ...


# A layer that fits every handler fits the narrower kinds too; checkers take the first overload that matches.
@overload
def middleware(layer: _Keeping, /) -> Middleware: ...  # type: ignore[overload-overlap]
@overload
def middleware(layer: _ChangingEvent[E_in, E_next], /) -> EventMiddleware[E_in, E_next]: ...  # type: ignore[overload-overlap]
@overload
def middleware(layer: _ChangingResult[R_out, R_next], /) -> ResultMiddleware[R_out, R_next]: ...  # type: ignore[overload-overlap]
@overload
def middleware(layer: Layer[E_in, R_out, E_next, R_next], /) -> Adapter[E_in, R_out, E_next, R_next]: ...
def middleware(layer: Any, /) -> Any:
    """Make a middleware of your own: a decorator for handlers, which `stack` takes too.

    The types of the handler survive. Which kind of middleware it is follows from the annotations: written with type
    variables, `async def timed(event: E, call_next: Next[E, R]) -> R`, it fits every handler and changes nothing.

    Args:
        layer: `async def layer(event, call_next)`. It may answer without calling on, call again, call once for each
            part of the event, change event or result, and catch. It serves plain and async handlers alike, so it may
            only await `call_next`, and `blocking` for what blocks.

    Raises:
        ConfigurationError: It is not a coroutine function of two arguments.
    """
    problem = _callables.misfit(layer, arguments="event, call_next")
    if problem is None and not _callables.is_async(layer):
        problem = "is not `async def`"
    if problem:
        msg = f"{_callables.where(layer)} {problem}. A middleware is `async def layer(event, call_next)`."
        raise ConfigurationError(msg)
    bound = Bound(layer, _callables.name_of(layer))
    made: Adapter[Any, Any, Any, Any] = Adapter(lambda _: bound)
    return functools.update_wrapper(made, layer)


@overload
def stack(*middleware: Middleware) -> Middleware: ...
@overload
def stack(first: D, /, *rest: Middleware) -> D: ...
@overload
def stack(first: Middleware, second: D, /, *rest: Middleware) -> D: ...
@overload
def stack(first: Middleware, second: Middleware, third: D, /, *rest: Middleware) -> D: ...
def stack(*middleware: Any) -> Any:
    """Make one middleware of several.

    `production = stack(logged(service="orders"), traced)` gives the decorator `@production`.

    Args:
        *middleware: Outermost first, as decorators are written. Type checkers follow one that changes event or
            result, in any of the first three places; apply a second one as a decorator of its own.

    Raises:
        ConfigurationError: One of them is not a middleware of lambdakit.
    """
    for part in middleware:
        if not isinstance(part, Decorator):
            msg = f"stack takes middleware, as made by `middleware` or given by lambdakit; got {part!r}"
            raise ConfigurationError(msg)
    return Adapter(*(fit for part in middleware for fit in part.fits))
