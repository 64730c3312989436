"""`lazy`: anything that is made at first use, or at import where nobody waits for that."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar, overload
from weakref import WeakSet

from lambdakit import _callables, _env
from lambdakit._configurable import called_at
from lambdakit.errors import OptionError

from ._on_loops import LazyAwaitable
from ._once import Once
from ._proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_NOBODY_WAITS = ("provisioned-concurrency", "snap-start", "lambda-managed-instances")

_log = logging.getLogger("lambdakit.clients")

known: WeakSet[Once[Any]] = WeakSet()
"""Everything that `prewarm` makes."""


@overload
def lazy(factory: Callable[[], Coroutine[Any, Any, T]], /) -> LazyAwaitable[T]: ...
@overload
def lazy(factory: Callable[[], T], /, *, early: bool | None = None, warm: Callable[[T], object] | None = None) -> T: ...
def lazy(factory: Any, /, *, early: bool | None = None, warm: Any = None) -> Any:
    """Make something at first use: a connection pool, a model, anything that a start-up should not wait for.

    What it gives stands for the value, and behaves as the value does: `pool = lazy(make_pool)`, then
    `pool.connection()`. The value is made once, whichever thread comes first. `@lazy` may also stand above the function
    that makes the value.

    With provisioned concurrency, SnapStart and Managed Instances nobody waits for the start, so there the value is made
    at import.

    An async factory gives something to await, `(await pool).acquire()`, with one value for each event loop; async
    handlers of lambdakit share one loop, for as long as the sandbox lives. The value is never made early.

    Args:
        factory: A function without parameters. An error that it raises goes to whoever needed the value, and the next
            use tries again.
        early: Whether to make the value at import. Default: as above; `LAMBDAKIT_EARLY_CLIENTS=1` says it for all. If
            making it early fails, that is logged, and the first use tries again.
        warm: Called with the value by `prewarm`: opens its connections.

    Raises:
        OptionError: The factory is no function without parameters; at import.

    Limitations:
        `isinstance` sees through to the value only by its `__class__`, which is not forwarded: check the value's
        methods, or annotate. Operators such as `+` are not forwarded.
    """
    if problem := _problem(factory, warm):
        msg = f"{called_at('lazy')}: {problem}"
        raise OptionError(msg)
    name = f"lazy {_callables.name_of(factory)}"
    if _callables.is_async(factory):
        return LazyAwaitable(name, factory)
    return proxied(Once(name, factory, warm=warm), early=early)


def proxied(once: Once[T], *, early: bool | None) -> Any:
    """Give what stands for a value, and make the value now if nobody waits."""
    known.add(once)
    if is_early() if early is None else early:
        try:
            once.get()
        except Exception:  # noqa: BLE001 - the first use tells whoever needs it
            _log.exception("%s could not be made early; its first use tries again", once.name)
    return Proxy(once)


def is_early() -> bool:
    """Whether values are made at import, if nothing else is said."""
    return _env.early_clients() or (_env.in_lambda() and _env.initialization_type() in _NOBODY_WAITS)


def _problem(factory: object, warm: object) -> str | None:
    if not callable(factory):
        return f"it takes a function that makes the value, not {factory!r}"
    if not isinstance(factory, type) and (problem := _callables.misfit(factory, arguments="")):
        return f"it takes a function without parameters; {_callables.where(factory)} {problem}"
    if warm is not None and _callables.is_async(factory):
        return "warm is for values that a plain function makes"
    if warm is not None and (problem := _callables.misfit(warm, arguments="value")):
        return f"warm is called with the value; {_callables.where(warm)} {problem}"
    return None
