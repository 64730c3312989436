"""The arguments of a call by their names, however they were given."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from lambdakit import _callables

if TYPE_CHECKING:
    from collections.abc import Callable

_ANY_ARGUMENTS = 0x04 | 0x08  # in co_flags: *args, **kwargs


class Arguments:
    """Gives the arguments of a function's calls, those with a default included.

    Args:
        function: The function; of another callable, arguments are told by place.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._names: tuple[str, ...] = ()
        self._known: frozenset[str] = frozenset()
        self._defaults: dict[str, object] = {}
        self._self: str | None = None
        if not isinstance(function, FunctionType):
            return
        code = function.__code__
        self._names = code.co_varnames[: code.co_argcount]
        self._known = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        given = function.__defaults__ or ()
        self._defaults = {
            **dict(zip(self._names[len(self._names) - len(given) :], given, strict=True)),
            **(function.__kwdefaults__ or {}),
        }
        if _callables.is_method_in_class_body(function) and self._names and self._names[0] in ("self", "cls"):
            self._self = self._names[0]

    def given_to(self, function: Callable[..., object]) -> Callable[..., object]:
        """Make a function of a call's arguments, which calls another with those of them that it names.

        One that names others, or takes any, is called with the arguments as they were given.
        """
        code = getattr(function, "__code__", None)
        if code is None or code.co_flags & _ANY_ARGUMENTS or code.co_posonlyargcount:
            return function
        wanted = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if not self._known.issuperset(wanted):
            return function

        def call(*args: Any, **kwargs: Any) -> object:
            found = self._bound(args, kwargs)
            return function(**{name: found[name] for name in wanted if name in found})

        return call

    def of(self, *args: Any, **kwargs: Any) -> dict[str, object]:
        """The arguments of one call without `self`; those beyond the named ones under `*`."""
        found = self._bound(args, kwargs)
        if self._self is not None:
            found.pop(self._self, None)
        return found

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, object]:
        count = len(self._names)
        return {**self._defaults, **dict(zip(self._names, args[:count], strict=False)), **kwargs, "*": args[count:]}
