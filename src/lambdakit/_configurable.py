"""Decorators that may be used bare, `@logged`, or with options, `@logged(service="orders")`."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from ._middleware import Adapter, Decorator, Middleware
from .errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._core import Bound, Handler
    from ._middleware import AsyncFunction, AsyncMethod, C, E, Function, Method, R, S

P = ParamSpec("P")
E_in = TypeVar("E_in")
R_out = TypeVar("R_out")
E_next = TypeVar("E_next")
R_next = TypeVar("R_next")


class _Configurable(Decorator, Generic[P]):
    """What both kinds do when they run.

    Args:
        configure: Takes the options, all keyword-only and all with a default, and gives a middleware of one layer.
    """

    __name__: str

    def __init__(self, configure: Callable[P, Decorator]) -> None:
        functools.update_wrapper(self, configure)
        self._configure: Callable[..., Decorator] = configure
        super().__init__(self._fit_bare)

    def _fit_bare(self, handler: Handler[Any, Any]) -> Bound:
        (fit,) = self._configure().fits
        return fit(handler)

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Decorate a handler, or take the options and give what will."""
        if not args:
            return configured(self._configure, options)
        handler = args[0]
        if options or len(args) > 1 or not callable(handler):
            name = self._configure.__name__
            msg = f"{called_at(name)}: its options are given by name, as in @{name}({_example(self._configure)})"
            raise OptionError(msg)
        return super().__call__(handler)


class ConfigurableMiddleware(_Configurable[P], Middleware):
    """A `Middleware` that may be used bare or with options."""

    if TYPE_CHECKING:

        def __init__(self, configure: Callable[P, Middleware]) -> None: ...

        @overload
        def __call__(self, handler: Handler[E, R], /) -> Handler[E, R]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: AsyncFunction[E, C, R], /) -> Handler[E, R]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: AsyncMethod[S, E, C, R], /) -> Handler[E, R]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: Function[E, C, R], /) -> Handler[E, R]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: Method[S, E, C, R], /) -> Handler[E, R]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *args: P.args, **options: P.kwargs) -> Middleware: ...
        def __call__(self, *args: Any, **options: Any) -> Any: ...


class ConfigurableAdapter(_Configurable[P], Adapter[E_in, R_out, E_next, R_next]):
    """An `Adapter` that may be used bare or with options."""

    if TYPE_CHECKING:

        def __init__(self, configure: Callable[P, Adapter[E_in, R_out, E_next, R_next]]) -> None: ...

        @overload
        def __call__(self, handler: Handler[E_next, R_next], /) -> Handler[E_in, R_out]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: AsyncFunction[E_next, C, R_next], /) -> Handler[E_in, R_out]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: AsyncMethod[S, E_next, C, R_next], /) -> Handler[E_in, R_out]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: Function[E_next, C, R_next], /) -> Handler[E_in, R_out]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: Method[S, E_next, C, R_next], /) -> Handler[E_in, R_out]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *args: P.args, **options: P.kwargs) -> Adapter[E_in, R_out, E_next, R_next]: ...
        def __call__(self, *args: Any, **options: Any) -> Any: ...


def configured(configure: Callable[..., Decorator], options: dict[str, object]) -> Decorator:
    """Call it with the options, once each is known to exist.

    Raises:
        OptionError: There is no such option.
    """
    refuse_unknown(configure.__name__, configure, options)
    return configure(**options)


def refuse_unknown(name: str, configure: Callable[..., object], options: dict[str, object]) -> None:
    """Check the names of options against the keyword-only parameters of a function.

    Raises:
        OptionError: There is no such option.
    """
    known = _options_of(configure)
    for option in options:
        if option not in known:
            takes = ", ".join(known) or "none"
            msg = f"{called_at(name)}: no option {option!r}{_meant(option, known)}; it takes {takes}"
            raise OptionError(msg)


def called_at(name: str) -> str:
    """`@logged (orders.py, line 7)`: a decorator, and the line outside lambdakit that it stands at."""
    frame = sys._getframe(1)  # inspect.currentframe() is the same, at 6 ms of import
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).split(".")[0] == __package__:
        frame = frame.f_back
    return f"@{name} ({frame.f_code.co_filename}, line {frame.f_lineno})"


def _options_of(configure: Callable[..., object]) -> tuple[str, ...]:
    code = configure.__code__
    return tuple(code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount])


def _meant(option: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is wrong already

    close = get_close_matches(option, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _example(configure: Callable[..., object]) -> str:
    options = _options_of(configure)
    return f"{options[0]}=..." if options else ""
