"""The options that the decorators of all sources share, checked when a decorator is applied."""

from __future__ import annotations

from lambdakit._configurable import called_at
from lambdakit.errors import OptionError


def check(
    decorator: str, *, concurrency: object, reserve: object, **choices: tuple[object, tuple[object, ...]]
) -> None:
    """Refuse values that an option cannot have.

    Args:
        decorator: Its name.
        concurrency: A whole number of records, 1 or more.
        reserve: Seconds, or None.
        **choices: For other options, the value and those that it can have.

    Raises:
        OptionError: It says where the decorator stands, what was expected, and what came.
    """
    problem = None
    if type(concurrency) is not int or concurrency < 1:
        problem = f"concurrency is a whole number of records, 1 or more, not {concurrency!r}"
    elif reserve is not None and (type(reserve) not in (int, float) or not 0 <= float(str(reserve)) <= 900):
        problem = f"reserve is seconds, from 0 to 900, or None to learn it, not {reserve!r}"
    for option, (value, allowed) in choices.items():
        if not any(value is choice or (isinstance(choice, str) and value == choice) for choice in allowed):
            problem = f"{option} is {' or '.join(map(repr, allowed))}, not {value!r}"
    if problem:
        msg = f"{called_at(decorator)}: {problem}"
        raise OptionError(msg)
