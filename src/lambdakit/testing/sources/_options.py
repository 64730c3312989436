"""Limits that AWS has for the options of queues and event source mappings."""

from __future__ import annotations

from lambdakit.errors import OptionError


def check_seconds(option: str, value: float, low: float, high: float) -> None:
    """See that a time is one that AWS takes.

    Raises:
        OptionError: It is not.
    """
    if type(value) not in (int, float) or not low <= value <= high:
        msg = f"{option}: expected {low:g} to {high:g} seconds, as on AWS; got {value!r}"
        raise OptionError(msg)


def check_count(option: str, value: int, low: int, high: int) -> None:
    """See that a number is one that AWS takes.

    Raises:
        OptionError: It is not.
    """
    if type(value) is not int or not low <= value <= high:
        msg = f"{option}: expected {low} to {high:,}, as on AWS; got {value!r}"
        raise OptionError(msg)
