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


def check_installed(package: str, *, extra_name: str, needed_by: str) -> None:
    """Say at import that a package is missing, without loading it: it is loaded at first use, so that import is cheap.

    Raises:
        MissingExtraError: It is not installed.
    """
    from importlib import import_module  # noqa: PLC0415 - only for those who use the package
    from importlib.util import find_spec  # noqa: PLC0415

    if find_spec(package) is None:
        with extra(extra_name, needed_by=needed_by):
            import_module(package)
