"""structlog's own loggers write the lines that `log` writes, unless the user has configured them."""

from __future__ import annotations

import sys
from typing import Any

from ._logger import Logger

_processors: list[Any] = []
"""Of `structlog.get_logger()`; that it is this very list tells our configuration from a user's."""


def is_users() -> bool:
    """Whether structlog is loaded, and configured by the user."""
    structlog = sys.modules.get("structlog")
    return structlog is not None and structlog.is_configured() and not _is_ours(structlog)


def configure() -> bool:
    """Configure structlog, if it is loaded and was not configured before; else there is nobody who would notice.

    Returns:
        Whether it is configured now, by us or by the user.
    """
    if "structlog" not in sys.modules:
        return False
    import structlog  # noqa: PLC0415 - it is loaded

    if not structlog.is_configured():
        _processors[:] = [structlog.contextvars.merge_contextvars]
        structlog.configure(processors=_processors, wrapper_class=Logger, logger_factory=_name)
    return True


def _is_ours(structlog: Any) -> bool:
    return structlog.get_config()["processors"] is _processors


def _name(*names: object) -> str | None:
    return str(names[0]) if names else None
