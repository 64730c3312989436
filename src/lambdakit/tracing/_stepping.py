"""Spans of generators: the current one while the generator runs, and not while its caller does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from ._protocol import SpanUnderWay

    Start = Callable[[], SpanUnderWay | None]


def around_generator(function: Callable[..., Generator[Any, Any, Any]], start: Start) -> Callable[..., Any]:
    """A generator function, with a span from the first value that is asked for to the end.

    Args:
        function: The generator function.
        start: Gives the span; None: there is to be none.
    """

    def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        span = start()
        if span is None:
            return (yield from generator)
        error: BaseException | None = None
        resume: Callable[[Any], Any] = generator.send
        given: Any = None
        try:
            while True:
                before = span.enter()
                try:
                    value = resume(given)
                except StopIteration as stop:
                    return stop.value
                finally:
                    span.leave(before)
                try:
                    given = yield value
                    resume = generator.send
                except GeneratorExit:
                    _within(span, generator.close)
                    raise
                except BaseException as thrown:  # noqa: BLE001 - it belongs to the generator
                    resume, given = generator.throw, thrown
        except GeneratorExit:  # its caller has had enough
            raise
        except BaseException as escaped:
            error = escaped
            raise
        finally:
            span.end(error)

    return generate


def around_async_generator(function: Callable[..., AsyncGenerator[Any, Any]], start: Start) -> Callable[..., Any]:
    """The same for an async generator function."""

    async def generate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        span = start() or _ALONE
        error: BaseException | None = None
        resume: Callable[[Any], Any] = generator.asend
        given: Any = None
        try:
            while True:
                before = span.enter()
                try:
                    value = await resume(given)
                except StopAsyncIteration:
                    return
                finally:
                    span.leave(before)
                try:
                    given = yield value
                    resume = generator.asend
                except GeneratorExit:
                    before = span.enter()
                    try:
                        await generator.aclose()
                    finally:
                        span.leave(before)
                    raise
                except BaseException as thrown:  # noqa: BLE001 - it belongs to the generator
                    resume, given = generator.athrow, thrown
        except GeneratorExit:
            raise
        except BaseException as escaped:
            error = escaped
            raise
        finally:
            span.end(error)

    return generate


def _within(span: SpanUnderWay, close: Callable[[], None]) -> None:
    before = span.enter()
    try:
        close()
    finally:
        span.leave(before)


class _Alone:
    """What stands in for a span where there is none, since an async generator cannot `yield from` another."""

    def enter(self) -> None:
        pass

    def leave(self, _before: None) -> None:
        pass

    def end(self, _error: BaseException | None) -> None:
        pass


_ALONE: Any = _Alone()
