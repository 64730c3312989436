"""What can be told of a callable before it is called.

Read from its code object, since importing `inspect` would cost every cold start 6 ms or more.
"""

from __future__ import annotations

from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

_VARARGS = 0x04
_GENERATOR = 0x20 | 0x200  # plain and async
_COROUTINE = 0x80


def where(function: object) -> str:
    """Name a callable for an error message: `orders.handler (app.py, line 12)`."""
    target: Any = function
    while not hasattr(target, "__qualname__"):
        target = target.func if isinstance(target, partial) else type(target)
    name = f"{target.__module__}.{target.__qualname__}"
    found = code_of(function)
    return f"{name} ({found.co_filename}, line {found.co_firstlineno})" if found else name


def name_of(function: object) -> str:
    """The short name of a callable; of its class where it has none itself."""
    while isinstance(function, partial):
        function = function.func
    name = getattr(function, "__name__", None)
    return name if isinstance(name, str) else type(function).__name__


def is_async(function: object) -> bool:
    """Whether calling it gives a coroutine.

    A plain function that wraps an async one, and says so by `functools.wraps`, counts as async.
    """
    while True:
        found = code_of(function)
        if found is not None and found.co_flags & _COROUTINE:
            return True
        # inspect.markcoroutinefunction (3.12) and asyncio mark with a bare object(); a mock answers with a mock.
        for mark in ("_is_coroutine_marker", "_is_coroutine"):
            if type(getattr(function, mark, None)) is object:
                return True
        if not isinstance(function, FunctionType):
            return False
        function = getattr(function, "__wrapped__", None)


def is_generator(function: object) -> bool:
    """Whether calling it gives a generator, plain or async."""
    found = code_of(function)
    return found is not None and bool(found.co_flags & _GENERATOR)


def is_method_in_class_body(function: object) -> bool:
    """Whether a function was defined in the body of a class, so that its first parameter may be `self`."""
    if not isinstance(function, FunctionType):
        return False
    owner = function.__qualname__.rpartition(".")[0]
    return bool(owner) and not owner.endswith("<locals>")


def misfit(function: object, *, arguments: str, extra: int = 0) -> str | None:
    """Say why a callable cannot be called with some positional arguments.

    Args:
        function: Anything callable.
        arguments: The names of the arguments, for the message: `"event, context"`.
        extra: How many more positional arguments it may ask for.

    Returns:
        A clause such as `takes 1 positional argument, not (event, context)`; None if it fits, or cannot be read.
    """
    if isinstance(function, type):
        return "is a class; decorate a function, or pass an instance that can be called"
    if not callable(function):
        return "cannot be called"
    code = code_of(function)
    if code is None:
        return None
    if is_generator(function):
        return "is a generator; return the result instead of yielding it"
    count = arguments.count(",") + 1 if arguments else 0
    accepted, required, keywords = _still_to_give(function)
    if required > count + extra or accepted < count:
        takes = required if required > count else accepted
        return f"takes {takes} positional argument{'' if takes == 1 else 's'}, not ({arguments})"
    if keywords:
        return f"needs the keyword argument {keywords[0]!r}; it is called with ({arguments})"
    return None


def annotation_of(function: object, position: int) -> tuple[str, object, FunctionType] | None:
    """The annotation of a positional parameter, as written (perhaps a string), and the function that it stands at.

    Follows `functools.wraps`, since a wrapper has no annotations of its own to speak of.

    Args:
        function: Anything callable.
        position: Which of the arguments that a caller gives; 0 is the first.

    Returns:
        The parameter's name, its annotation, and the function whose namespace it can be resolved in; None where
        there is no annotation.
    """
    while isinstance(wrapped := getattr(function, "__wrapped__", None), FunctionType | MethodType):
        function = wrapped
    plain, bound, named = _unbind(function)
    if not isinstance(plain, FunctionType):
        return None
    free = [name for name in plain.__code__.co_varnames[bound : plain.__code__.co_argcount] if name not in named]
    if is_method_in_class_body(function) and len(free) > 2:
        free = free[1:]
    if position >= len(free) or free[position] not in plain.__annotations__:
        return None
    return free[position], plain.__annotations__[free[position]], plain


def returns(function: object) -> tuple[object, FunctionType] | None:
    """What a callable is annotated to return, as written, and the function that it stands at; None if nothing is."""
    while isinstance(wrapped := getattr(function, "__wrapped__", None), FunctionType | MethodType):
        function = wrapped
    plain = _unbind(function)[0]
    if not isinstance(plain, FunctionType) or "return" not in plain.__annotations__:
        return None
    return plain.__annotations__["return"], plain


def _unbind(function: object) -> tuple[object, int, frozenset[str]]:
    """Take off partials, methods and callable objects: what remains, how many positional and which named are given."""
    given = 0
    named: frozenset[str] = frozenset()
    while not isinstance(function, FunctionType):
        if isinstance(function, partial):
            given += len(function.args)
            named |= function.keywords.keys()
            function = function.func
        elif isinstance(function, MethodType):
            given += 1
            function = function.__func__
        elif isinstance(function, staticmethod):
            function = function.__func__
        elif hasattr(function, "__code__") or isinstance(function, type):
            break
        elif isinstance(call := getattr(type(function), "__call__", None), FunctionType):  # noqa: B004
            given += 1
            function = call
        else:
            break
    return function, given, named


def code_of(function: object) -> CodeType | None:
    """The code of a callable, beneath partials and methods; None where it has none in Python."""
    return getattr(_unbind(function)[0], "__code__", None)


def _still_to_give(function: object) -> tuple[int, int, list[str]]:
    """How many positional arguments a caller may still give, how many it must, and which keyword arguments it must."""
    plain: Any
    plain, given, named = _unbind(function)
    code: CodeType = plain.__code__
    names = code.co_varnames[: code.co_argcount]
    first_named = next((i for i, name in enumerate(names) if name in named), len(names))
    with_default = len(getattr(plain, "__defaults__", None) or ())
    required = max(0, min(first_named, len(names) - with_default) - given)
    accepted = max(0, first_named - given)
    if code.co_flags & _VARARGS and first_named == len(names):
        accepted = 1_000
    keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    has_default: dict[str, object] = getattr(plain, "__kwdefaults__", None) or {}
    must = [name for name in names[first_named : len(names) - with_default] if name not in named]
    must += [name for name in keyword_only if name not in has_default and name not in named]
    return accepted, required, must
