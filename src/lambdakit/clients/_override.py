"""`override`: something else in place of a lazy value, in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError

from ._on_loops import LazyAwaitable
from ._proxy import Proxy, once_of

if TYPE_CHECKING:
    from types import TracebackType


class override:  # noqa: N801 - used as a statement
    """Put something else in place of a client, or of any lazy value: `with override(s3, FakeS3()):`.

    It holds in all threads and tasks until the end of the block. The value itself is not made. Blocks may be nested.
    The fixture `override` does the same until the end of a test: `override(s3, FakeS3())`.

    Args:
        target: What `client`, `lazy` or `lazy_import` gave.
        fake: What is used in its place.

    Raises:
        OptionError: The target is something else.
    """

    def __init__(self, target: object, fake: object) -> None:
        self._fakes: list[Any]
        if type(target) is Proxy:
            self._fakes = once_of(target).fakes
        elif isinstance(target, LazyAwaitable):
            self._fakes = target.fakes
        else:
            kind = type(target).__qualname__
            msg = (
                f"override takes what client(), lazy() or lazy_import() gave, and a fake for it; it was given a {kind}"
            )
            raise OptionError(msg)
        self._fake = fake

    def __enter__(self) -> None:
        self._fakes.append(self._fake)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        place = max(index for index, fake in enumerate(self._fakes) if fake is self._fake)
        del self._fakes[place]
