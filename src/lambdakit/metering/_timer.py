"""How long something takes, as a metric."""

from __future__ import annotations

import functools
from time import perf_counter
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from lambdakit import _callables
from lambdakit._configurable import called_at
from lambdakit.errors import OptionError

from ._collector import added, at_once, collecting
from ._rules import refuse

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ._series import Kind, Labels

P = ParamSpec("P")
R = TypeVar("R")


class Timer:
    """Times a block, or every call of a function, in milliseconds: made by `metrics.timer`."""

    __slots__ = ("_kind", "_labels", "_name", "_start")

    def __init__(self, name: str, kind: Kind, labels: Labels) -> None:
        self._name = name
        self._kind = kind
        self._labels = labels
        self._start: float | None = None

    def __enter__(self) -> None:
        if self._start is not None:
            msg = f"the timer of {self._name!r} runs already: make one for each block, by metrics.timer(...)"
            raise refuse(msg)
        (collecting.get() or at_once()).claim(added.get().and_also(self._labels), self._name, self._kind)
        self._start = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        start, self._start = self._start, None
        if start is not None:
            milliseconds = (perf_counter() - start) * 1000
            labels = added.get().and_also(self._labels)
            (collecting.get() or at_once()).add(self._name, milliseconds, self._kind, labels)

    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]:
        """Time every call of a function, plain or async; its signature stays.

        Raises:
            OptionError: It is a generator, whose call takes no time: use a `with` block inside.
        """
        if _callables.is_generator(function):
            msg = f"{called_at('metrics.timer')}: {_callables.where(function)} is a generator; use `with` inside it"
            raise OptionError(msg)
        call: Any = function
        if _callables.is_async(function):

            @functools.wraps(function)
            async def timed_async(*args: Any, **kwargs: Any) -> Any:
                with Timer(self._name, self._kind, self._labels):
                    return await call(*args, **kwargs)

            made: Any = timed_async
        else:

            @functools.wraps(function)
            def timed(*args: Any, **kwargs: Any) -> Any:
                with Timer(self._name, self._kind, self._labels):
                    return call(*args, **kwargs)

            made = timed
        wrapper: Callable[P, R] = made
        return wrapper
