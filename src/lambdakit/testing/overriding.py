"""The fixture `override`, as a test sees it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from lambdakit.clients import override

if TYPE_CHECKING:
    from typing import Self


class Override(ExitStack):
    """Puts something else in place of lazy values: `override(s3, FakeS3())`."""

    def __call__(self, target: object, fake: object, /) -> None:
        """Use `fake` in place of what `client`, `lazy` or `lazy_import` gave, until the end of the test.

        Raises:
            OptionError: The target is something else.
        """
        self.enter_context(override(target, fake))

    def __enter__(self) -> Self:
        return self
