"""What `idempotent` refuses when it is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit import _callables, _env
from lambdakit._configurable import called_at, refuse_unknown
from lambdakit.errors import ConfigurationError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._store import Store

_STEPS = ("claim", "complete", "release", "find")


def check_call(
    name: str, configure: Callable[..., object], args: tuple[object, ...], options: dict[str, object]
) -> None:
    """Refuse a call that names no store, no key, or an unknown option.

    Raises:
        OptionError: See above.
    """
    refuse_unknown(name, configure, options)
    if len(args) != 1 or "key" not in options:
        msg = f"{called_at(name)} takes a store and a key, as in @{name}(DynamoDBStore('table'), key=lambda event: ...)"
        raise OptionError(msg)
    store = args[0]
    if isinstance(store, type) or not all(callable(getattr(store, step, None)) for step in _STEPS):
        got = f"the class {store.__qualname__}; make one" if isinstance(store, type) else type(store).__qualname__
        msg = f"{called_at(name)}: the first argument is a store, such as DynamoDBStore('table'), not {got}"
        raise OptionError(msg)


def check(
    decorator: str,
    *,
    name: object,
    lock: object,
    expires_after: object,
    on_running: object,
    on_store_error: object,
    cache: object,
    functions: dict[str, tuple[object, str | None]],
) -> None:
    """Check values of options.

    Args:
        decorator: Who asks.
        name: As the others, an option of `idempotent`.
        lock: See `name`.
        expires_after: See `name`.
        on_running: See `name`.
        on_store_error: See `name`.
        cache: See `name`.
        functions: Options that are functions, or None where they may be; and what they are called with, or None if as
            the decorated function is.

    Raises:
        OptionError: An option has a value that it cannot have.
    """
    problem = None
    if name is not None and not (isinstance(name, str) and name):
        problem = f"name is text, not {name!r}"
    elif lock is not None and not _is_positive(lock):
        problem = f"lock is more than 0 seconds, not {lock!r}"
    elif not _is_positive(expires_after):
        problem = f"expires_after is more than 0 seconds, not {expires_after!r}"
    elif on_running not in ("raise", "wait"):
        problem = f"on_running is 'raise' or 'wait', not {on_running!r}"
    elif on_store_error not in ("raise", "run"):
        problem = f"on_store_error is 'raise' or 'run', not {on_store_error!r}"
    elif isinstance(cache, bool) or not isinstance(cache, int) or cache < 0:
        problem = f"cache is a number of records, not {cache!r}"
    for option, (function, takes) in functions.items():
        if problem is None and function is not None:
            problem = _misuse(option, function, takes)
    if problem:
        msg = f"{called_at(decorator)}: {problem}"
        raise OptionError(msg)


def refuse_in_lambda(decorator: str, store: Store) -> None:
    """Refuse a store that cannot see other sandboxes, where there may be some.

    Raises:
        ConfigurationError: This is a Lambda runtime, and nobody has said that it is meant so.
    """
    if getattr(store, "per_sandbox", True) is False and _env.in_lambda():
        kind = type(store).__name__
        msg = (
            f"{called_at(decorator)}: {kind} keeps its records where other sandboxes of this function cannot see them, "
            "so that the same event could run in each. Use DynamoDBStore, RedisStore or PostgresStore; or write "
            f"{kind}(..., per_sandbox=True) if protecting each sandbox for itself is what you want."
        )
        raise ConfigurationError(msg)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


def _misuse(option: str, function: object, takes: str | None) -> str | None:
    if not callable(function):
        return f"{option} is a function, not {function!r}"
    if _callables.is_async(function):
        return f"{option} is a plain function; {_callables.where(function)} is async"
    if takes is not None and (problem := _callables.misfit(function, arguments=takes)):
        return f"{option} is called with ({takes}); {_callables.where(function)} {problem}"
    return None
