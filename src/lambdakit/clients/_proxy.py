"""What stands for a value before it is made, and behaves as the value does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._once import Once


def _forwarded(name: str) -> Callable[..., Any]:
    def method(self: Proxy, *args: Any, **kwargs: Any) -> Any:
        value: Any = once_of(self).get()
        return getattr(type(value), name)(value, *args, **kwargs)

    method.__name__ = name
    return method


class Proxy:
    """Stands for a value: whatever is asked of it is asked of the value, which is made then.

    What does not make the value: to pass the proxy on, to compare it by `is`, and to print it.
    """

    __slots__ = ("__weakref__", "_lambdakit_once")

    def __init__(self, once: Once[Any]) -> None:
        object.__setattr__(self, "_lambdakit_once", once)

    def __getattr__(self, name: str) -> Any:
        return getattr(once_of(self).get(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(once_of(self).get(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(once_of(self).get(), name)

    def __dir__(self) -> list[str]:
        return dir(once_of(self).get())

    def __repr__(self) -> str:
        once = once_of(self)
        return f"<{once.name}: {once.get()!r}>" if once.is_made else f"<{once.name}, not made yet>"

    def __bool__(self) -> bool:
        return bool(once_of(self).get())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return once_of(self).get()(*args, **kwargs)

    # Python looks these up on the type, and not by __getattr__.
    for _name in (
        "__aenter__",
        "__aexit__",
        "__aiter__",
        "__anext__",
        "__await__",
        "__contains__",
        "__delitem__",
        "__enter__",
        "__exit__",
        "__getitem__",
        "__iter__",
        "__len__",
        "__matmul__",
        "__next__",
        "__setitem__",
    ):
        locals()[_name] = _forwarded(_name)
    del _name


def once_of(proxy: Proxy) -> Once[Any]:
    """What makes the value of a proxy."""
    once: Once[Any] = object.__getattribute__(proxy, "_lambdakit_once")
    return once
