"""What CloudWatch takes: names, values, units. What it would not take is an error where it is said, not a lost metric.

See "Dimension" and "MetricDatum" in the Amazon CloudWatch API Reference, and "Specification: Embedded metric format" in
its User Guide. Where they differ, the narrower rule holds here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from lambdakit.errors import MetricError

if TYPE_CHECKING:
    from typing import SupportsFloat

Unit: TypeAlias = Literal[
    "None",
    "Count",
    "Percent",
    "Seconds",
    "Milliseconds",
    "Microseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Count/Second",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
]
"""The units of CloudWatch: see "MetricDatum" in the Amazon CloudWatch API Reference."""

UNITS: frozenset[Unit] = frozenset(get_args(Unit))

RESERVED = {
    "_aws": "the embedded metric format",
    "function_request_id": "lambdakit, for the id of the request",
    "level": "Lambda's log-level filter",
    "timestamp": "Lambda's log-level filter",
}
"""Members of a line that are not the user's, and whose they are."""

MOST_DIMENSIONS = 30
MOST = 2**360
_LARGEST, _SMALLEST = 2.0**360, 2.0**-360

_NAMESPACE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/#: ")


def refuse(problem: str) -> MetricError:
    """The error for what cannot be recorded; the call that raises it has changed nothing."""
    return MetricError(f"metrics: {problem}")


@lru_cache(maxsize=1024)
def metric_problem(name: str) -> str | None:
    """What is wrong with the name of a metric, if anything."""
    return _name_problem("the name of a metric", name, 255)


def dimension_problem(name: object, value: object) -> str | None:
    """What is wrong with a dimension, if anything. It never says the value, which may be personal."""
    problem = _name_problem("the name of a dimension", name, 250)
    if problem is None and str(name).startswith(":"):
        problem = f"the name of a dimension does not start with a colon; got {_shown(name)}"
    return problem or _text_problem(f"the value of the dimension {_shown(name)}", value, 1024, shown=False)


def property_problem(name: object) -> str | None:
    """What is wrong with the name of a property, if anything."""
    if not isinstance(name, str) or not 1 <= len(name) <= 255:
        return f"the name of a property is a string of 1 to 255 characters; got {_shown(name)}"
    return _reserved("the name of a property", name)


def namespace_problem(namespace: object) -> str | None:
    """What is wrong with a namespace, if anything. See "PutMetricData" in the Amazon CloudWatch API Reference."""
    if not isinstance(namespace, str) or not 1 <= len(namespace) <= 255 or not namespace.strip():
        return f"a namespace is a string of 1 to 255 characters; got {_shown(namespace)}"
    if not _NAMESPACE.issuperset(namespace) or namespace[0] == ":":
        return f"a namespace has letters, digits and any of . - _ / # : and space, no colon first; got {namespace!r}"
    if namespace.startswith("AWS/"):
        return f"namespaces that start with AWS/ are those of AWS's own services; got {namespace!r}"
    return None


def number_of(value: SupportsFloat, name: object) -> float:
    """The value of a metric as a number that CloudWatch takes.

    Raises:
        MetricError: It is none: NaN, infinite, a bool, no number, or beyond 2 to the power of plus or minus 360.
    """
    number: object = value
    kind = type(value)
    if kind is not float and kind is not int:
        if isinstance(value, bool) or not hasattr(kind, "__float__"):
            raise refuse(f"the value of {_shown(name)} is a number; got one of type {kind.__name__}")
        try:
            number = float(value)
        except (ValueError, OverflowError, ArithmeticError):
            number = None
    if not isinstance(number, float | int) or not -_LARGEST <= number <= _LARGEST or 0 < abs(number) < _SMALLEST:
        msg = f"the value of {_shown(name)} is a finite number of CloudWatch's range, which ends at 2**360 and 2**-360"
        raise refuse(msg)
    return number


def _name_problem(what: str, name: object, longest: int) -> str | None:
    return _text_problem(what, name, longest) or _reserved(what, str(name))


def _reserved(what: str, name: str) -> str | None:
    owner = RESERVED.get(name)
    return owner and f"{what} may not be {name!r}, which belongs to {owner}"


def _text_problem(what: str, text: object, longest: int, *, shown: bool = True) -> str | None:
    if isinstance(text, str) and len(text) <= longest and _is_plain(text):
        return None
    if not isinstance(text, str):
        came = f"one of type {type(text).__name__}"
    elif shown:
        came = _shown(text)
    else:
        came = f"one of {len(text)} characters" if len(text) > longest or not text else "one with other characters"
    return f"{what} is a string of 1 to {longest} printable ASCII characters, not all of them spaces; got {came}"


@lru_cache(maxsize=1024)
def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and bool(text) and not text.isspace()


def _shown(name: object) -> str:
    if not isinstance(name, str):
        return f"one of type {type(name).__name__}"
    return repr(name) if len(name) <= 80 else f"{name[:60]!r}... ({len(name)} characters)"
