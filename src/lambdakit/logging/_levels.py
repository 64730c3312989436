"""Levels: their names, and the lowest one that is written."""

from __future__ import annotations

import logging
from functools import cache

from lambdakit import _env

TRACE, DEBUG, INFO, WARN, ERROR, FATAL = 5, 10, 20, 30, 40, 50
"""Lambda's levels, as numbers of the standard library."""

_NUMBERS = {
    "TRACE": TRACE,
    "DEBUG": DEBUG,
    "INFO": INFO,
    "WARN": WARN,
    "WARNING": WARN,
    "ERROR": ERROR,
    "FATAL": FATAL,
    "CRITICAL": FATAL,
}
_NAMES = {number // 10: name for name, number in reversed(_NUMBERS.items())}

KNOWN = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL"

_log = logging.getLogger("lambdakit.logging")


def number_of(level: object) -> int | None:
    """The number of a level that is given by name or by number; None if there is no such level."""
    if isinstance(level, str):
        name = level.strip().upper()
        return int(name) if name.isdecimal() else _NUMBERS.get(name)
    return level if isinstance(level, int) and not isinstance(level, bool) and level >= 0 else None


def name_of(number: int) -> str:
    """The name that Lambda knows a level by; one in between counts as the next below."""
    return _NAMES[min(max(number // 10, 0), 5)]


@cache
def process_level() -> int:
    """The lowest level that is written where a handler does not say it: decided once, from the environment."""
    asked = _env.log_level()
    if not asked:
        return least(None)
    level = number_of(asked)
    if level is None:
        _log.warning("the log level %r is not known and not used: expected %s", asked, KNOWN)
    return least(level)


def least(level: int | None) -> int:
    """The lowest level to write, given the one that was asked for.

    What is below the level of Lambda's advanced logging controls is not written, since Lambda would drop it: see
    "Log-level filtering" in the AWS Lambda Developer Guide. That level is the default, too; without it, it is INFO.
    """
    limit = number_of(_env.lambda_log_level() or "")
    if level is None:
        return limit or INFO
    if limit is None or level >= limit:
        return level
    _log.warning(
        "logging from %s and not from %s: Lambda drops what is below the level of its advanced logging controls",
        name_of(limit),
        name_of(level),
    )
    return limit
