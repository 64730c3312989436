"""`idempotent.function`: for plain functions and methods that a handler calls."""

from __future__ import annotations

import functools
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast

from lambdakit import _callables
from lambdakit._step import refuse_coroutine, step
from lambdakit.errors import HandlerError

from ._arguments import Arguments
from ._keys import Keys, space_of
from ._life import Life
from ._options import check, refuse_in_lambda

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._store import Store

F = TypeVar("F", bound="Callable[..., Any]")


class Same(Protocol):
    """A decorator that keeps the signature of a function, and its kind."""

    def __call__(self, function: F, /) -> F:
        """Decorate the function."""
        ...


def arguments(*_: object, **__: object) -> object:
    """In place of a function for `fingerprint`: all arguments, by their names, but `self`."""
    raise NotImplementedError


def function(
    store: Store,
    /,
    *,
    key: Callable[..., object],
    name: str | None = None,
    lock: float | None = None,
    expires_after: float = 3600,
    fingerprint: Callable[..., object] | None = arguments,
    on_running: Literal["raise", "wait"] = "raise",
    on_store_error: Literal["raise", "run"] = "raise",
    on_replay: Callable[[Any], object] | None = None,
    cache: int = 0,
    compress: bool = False,
) -> Same:
    """Run a function once for each key: as `idempotent`, but for a function or method that is no handler.

    The function keeps its signature and its kind, plain or async. It may be called inside an invocation or outside of
    one, and inside other functions of `idempotent`, on the same store or on another.

    Args:
        store: See `idempotent`.
        key: Finds what tells one call from all others. It is called with those of the function's arguments that it
            names, `lambda order: order.id` say; if it names others, or takes any, with the arguments as they are given.
        name: See `idempotent`.
        lock: Seconds that the claim holds if the function does not end. Default: until the deadline of the invocation
            that it is called in, and five seconds more; 905 seconds where there is none.
        expires_after: See `idempotent`.
        fingerprint: Finds what must be the same in a repetition, and is called as `key` is; None: nothing is compared.
            Default: all arguments but `self`, by name, those with a default included.
        on_running: See `idempotent`.
        on_store_error: See `idempotent`.
        on_replay: See `idempotent`.
        cache: See `idempotent`.
        compress: See `idempotent`.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        ConfigurationError: See `idempotent`.
        IdempotencyError: See `idempotent`, where its kinds are listed.

    Limitations:
        A plain function blocks while it speaks to the store, also if it is called in an async one.
    """
    check(
        "idempotent.function",
        name=name,
        lock=lock,
        expires_after=expires_after,
        on_running=on_running,
        on_store_error=on_store_error,
        cache=cache,
        functions={"key": (key, None), "fingerprint": (fingerprint, None), "on_replay": (on_replay, "result")},
    )

    def decorate(function: F) -> F:
        refuse_in_lambda("idempotent.function", store)
        if isinstance(function, type) or _callables.is_generator(function) or not callable(function):
            msg = (
                f"idempotent.function: {_callables.where(function)} cannot be decorated: what it returns could not be "
                "stored. It is for functions and methods, plain and async."
            )
            raise HandlerError(msg)
        is_async = _callables.is_async(function)
        of_call = Arguments(function)
        keys = Keys(
            function,
            space=space_of(function, name, store),
            key=of_call.given_to(key),
            fingerprint=of_call.of if fingerprint is arguments else fingerprint and of_call.given_to(fingerprint),
        )
        life = Life(
            function,
            store,
            keyed=lambda call: keys.of(*call[0], **call[1]),
            is_async=is_async,
            of_handler=False,
            lock=lock,
            expires_after=expires_after,
            on_running=on_running,
            on_store_error=on_store_error,
            on_replay=on_replay,
            cache=cache,
            compress=compress,
        )
        return cast("F", _async(function, life) if is_async else _plain(function, life))

    return decorate


def _plain(function: Callable[..., Any], life: Life) -> Callable[..., Any]:
    async def call(arguments: Any) -> Any:
        result = function(*arguments[0], **arguments[1])
        if type(result) is CoroutineType:
            refuse_coroutine(function, result)
        return result

    @functools.wraps(function)
    def once(*args: Any, **kwargs: Any) -> Any:
        return step(life((args, kwargs), call))

    return once


def _async(function: Callable[..., Any], life: Life) -> Callable[..., Any]:
    async def call(arguments: Any) -> Any:
        return await function(*arguments[0], **arguments[1])

    @functools.wraps(function)
    async def once(*args: Any, **kwargs: Any) -> Any:
        return await life((args, kwargs), call)

    return once
