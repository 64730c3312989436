"""Optional dependencies: named in one place, and missed with the command that installs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import MissingExtraError

if TYPE_CHECKING:
    from types import TracebackType


class extra:  # noqa: N801 - used as a statement: with extra("redis", needed_by="RedisStore"): import redis
    """Turn a failed import into an error that says what to install.

    Only for a package that is absent: an error inside a package that is there comes through as it is.
    """

    def __init__(self, name: str, *, needed_by: str) -> None:
        self._name = name
        self._needed_by = needed_by

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, ModuleNotFoundError):
            msg = f"{self._needed_by} needs {error.name}: pip install 'lambdakit[{self._name}]'"
            raise MissingExtraError(msg, name=error.name) from error
