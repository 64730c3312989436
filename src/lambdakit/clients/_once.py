"""A value that is made at first use: once, under any number of threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lambdakit.errors import LazyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

T = TypeVar("T")

_NOTHING: Any = object()


class Once(Generic[T]):
    """Makes a value, and keeps it. An error of the factory is raised, and the next use tries again.

    Args:
        name: What it is called in messages.
        factory: Makes the value.
        lock: Held while the value is made; default: one of its own.
        warm: Opens the connections of the value, or whatever else its first use would wait for.
    """

    def __init__(
        self,
        name: str,
        factory: Callable[[], T],
        *,
        lock: AbstractContextManager[object] | None = None,
        warm: Callable[[T], object] | None = None,
    ) -> None:
        self.name = name
        self._factory = factory
        self._lock = threading.Lock() if lock is None else lock
        self._warm = warm
        self._value: T = _NOTHING
        self._maker: int | None = None
        self.fakes: list[T] = []
        """What stands in for the value in tests: the last one does."""

    @property
    def is_made(self) -> bool:
        """Whether the value is there."""
        return self._value is not _NOTHING

    def get(self) -> T:
        """The value, made now if it is not there yet.

        Raises:
            LazyError: The factory needs the value that it is to make.
        """
        if self.fakes:
            return self.fakes[-1]
        return self._made() if self._value is _NOTHING else self._value

    def warm_up(self) -> None:
        """Make the value, and open its connections."""
        value = self.get()
        if self._warm is not None and not self.fakes:
            self._warm(value)

    def _made(self) -> T:
        me = threading.get_ident()
        if self._maker == me:
            msg = f"{self.name} needs itself: its factory uses the value that it is to make"
            raise LazyError(msg)
        with self._lock:
            if self._value is _NOTHING:
                self._maker = me
                try:
                    self._value = self._factory()
                finally:
                    self._maker = None
            return self._value
