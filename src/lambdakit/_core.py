"""The onion: a handler, and the layers around it.

A layer is a coroutine function of an event and of the rest of the chain. One layer serves both kinds of handler: under
a plain function the chain is a coroutine that never suspends, and `step()` runs it with no event loop; under an async
function it runs on one loop that is kept for the life of the process.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, overload

from . import _callables
from ._invocation import Context, begin, invocation
from ._step import plain_end, step
from .errors import HandlerCancelledError, HandlerError

if TYPE_CHECKING:
    from typing import Self

E = TypeVar("E")
R = TypeVar("R")
E_in = TypeVar("E_in", contravariant=True)
R_out = TypeVar("R_out", covariant=True)
E_next = TypeVar("E_next", covariant=True)
R_next = TypeVar("R_next", contravariant=True)

Next: TypeAlias = Callable[[E], Coroutine[Any, Any, R]]
"""The rest of the chain, as a layer sees it: `Next[Order, Receipt]` takes an order, and is awaited for a receipt."""

Chain: TypeAlias = Callable[[Any], Coroutine[Any, Any, Any]]


_PLAIN = "lambdakit_plain_function"


class Layer(Protocol[E_in, R_out, E_next, R_next]):
    """What the author of a middleware writes: `async def layer(event, call_next)`."""

    async def __call__(self, event: E_in, call_next: Next[E_next, R_next], /) -> R_out:
        """Answer for the rest of the chain, or `await call_next(event)` as often as is needed."""
        ...


class Bound:
    """A layer that has been fitted to the handler beneath it.

    Attributes:
        name: What `repr(handler)` and error messages call it.
        layer: The coroutine function.
        changes_event: Whether what is beneath gets another event than what is above; only known of our own layers.
    """

    __slots__ = ("changes_event", "layer", "name")

    def __init__(self, layer: Layer[Any, Any, Any, Any], name: str, *, changes_event: bool = False) -> None:
        self.layer = layer
        self.name = name
        self.changes_event = changes_event


class Handler(Generic[E_in, R_out]):
    """A function and the layers around it, to be called as Lambda calls it.

    Made by applying a decorator of lambdakit, or any `middleware`, to a function: plain or async, a method, a
    `functools.partial`, an object that can be called.

    Attributes:
        function: The bare function, as it was decorated.
        is_async: Whether the bare function is async. The handler itself is always called as a plain function, since
            that is how Lambda calls it.

    Raises:
        HandlerError: The function cannot be called with `(event, context)`, or is a generator or a class.
    """

    function: Callable[..., object]
    is_async: bool
    __qualname__: str

    def __init__(self, function: Callable[[Any, Any], object], layers: tuple[Bound, ...] = ()) -> None:
        extra = 1 if _callables.is_method_in_class_body(function) else 0
        if problem := _callables.misfit(function, arguments="event, context", extra=extra):
            msg = f"{_callables.where(function)} {problem}. A handler is called with (event, context)."
            raise HandlerError(msg)
        self._set_up(function, layers)

    def _set_up(self, function: Callable[[Any, Any], object], layers: tuple[Bound, ...]) -> None:
        functools.update_wrapper(self, function)
        self.__name__ = _callables.name_of(function)
        self.function = function
        self.layers = layers
        self.is_async = _callables.is_async(function)
        chain = _async_end(function) if self.is_async else plain_end(function)
        if not self.is_async:
            chain.__dict__[_PLAIN] = function
        for bound in reversed(layers):
            chain = _link(bound.layer, chain)
        self._chain = chain

    def __call__(self, event: E_in, context: Context | None, /) -> R_out:
        """Run the handler to its end.

        Each call runs in a context of its own: context variables that are set inside, by anyone, are gone afterwards.

        Args:
            event: The event, decoded from JSON.
            context: Lambda's context object, or None. A call inside an invocation, with the same context or with
                None, joins that invocation.

        Raises:
            RunningLoopError: The function is async, and an event loop runs here already: await `acall` instead.
        """
        isolated = copy_context()
        if self.is_async:
            from ._loop import run  # noqa: PLC0415 - asyncio costs 30 ms: only those who use it pay

            result: R_out = run(self, event, context, isolated)
        else:
            result = isolated.run(self._step, event, context)
        return result

    def _step(self, event: object, context: Context | None) -> Any:
        outermost = begin(context, True)
        try:
            return step(self._chain(event))
        except Exception:
            raise
        except BaseException as error:
            if outermost and type(error).__name__ == "CancelledError":
                raise cancelled(self) from error
            raise

    def _start(self, event: object, context: Context | None) -> Coroutine[Any, Any, Any]:
        """Enter the invocation in this context, and give the chain, for an event loop to run."""
        begin(context, False)
        return self._chain(event)

    async def acall(self, event: E_in, context: Context | None, /) -> R_out:
        """Run the handler on the event loop that runs here: from an async test, or from another async function.

        It takes a plain function too; that one blocks the loop while it runs. Tasks which the handler leaves behind
        are the caller's affair, and a cancellation comes through as it is.
        """
        from asyncio import get_running_loop  # noqa: PLC0415 - see __call__

        isolated = copy_context()
        chain = isolated.run(self._start, event, context)
        result: R_out = await get_running_loop().create_task(chain, context=isolated)
        return result

    def _under(self, *layers: Bound) -> Handler[Any, Any]:
        """The same function with more layers around those that it has."""
        made: Handler[Any, Any] = Handler.__new__(Handler)
        made._set_up(self.function, layers + self.layers)
        return made

    @overload
    def __get__(self, instance: None, owner: type[object], /) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[object] | None = None, /) -> Handler[E_in, R_out]: ...
    def __get__(self, instance: object, owner: type[object] | None = None, /) -> Handler[E_in, R_out]:
        """A handler that was defined as a method is bound as one."""
        if instance is None or not _callables.is_method_in_class_body(self.function):
            return self
        made: Handler[E_in, R_out] = Handler.__new__(Handler)
        made._set_up(MethodType(self.function, instance), self.layers)
        return made

    def __reduce__(self) -> str:
        return self.__qualname__  # pickled by name, as functions are

    def __repr__(self) -> str:
        return f"<Handler {' > '.join([*(bound.name for bound in self.layers), self.__name__])}>"


def cancelled(handler: Handler[Any, Any]) -> HandlerCancelledError:
    """The error that stands for a cancellation at the edge: Lambda's runtime client lives through it."""
    msg = (
        f"{_callables.where(handler.function)} was cancelled from inside: something in it raised CancelledError, "
        "or cancelled the task that it runs in."
    )
    return HandlerCancelledError(msg)


def _link(layer: Layer[Any, Any, Any, Any], call_next: Chain) -> Chain:
    if isinstance(layer, FunctionType) and layer.__code__.co_argcount == 2 and not layer.__code__.co_kwonlyargcount:
        # The same function with `call_next` as a default: a closure around it would be one more call for each layer.
        return FunctionType(layer.__code__, layer.__globals__, layer.__name__, (call_next,), layer.__closure__)

    def call(event: object) -> Coroutine[Any, Any, Any]:
        return layer(event, call_next)

    return call


def only_function(call_next: Chain) -> Callable[[Any, Any], object] | None:
    """The user's plain function, where nothing else is left of the chain; so a batch can call it with no detour."""
    function: Callable[[Any, Any], object] | None = getattr(call_next, _PLAIN, None)
    return function


def _async_end(function: Callable[[Any, Any], Any]) -> Chain:
    async def call(event: object) -> object:
        return await function(event, invocation.get()[0]._context)

    return call
