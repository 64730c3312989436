"""What pydantic found wrong, told without a single value of the event."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_SHOWN = 10
_MOST = 10_000  # more would take seconds, and gigabytes, to tell: an event of 6 MB may hold a million
_LONGEST_PATH = 20

OUR_KIND = "lambdakit_encoding"
"""The kind of error that the models in `lambdakit.events` raise themselves."""

_OF_THE_MODEL = {
    "class",
    "class_name",
    "decimal_places",
    "discriminator",
    "expected",
    "expected_schemes",
    "expected_tags",
    "expected_version",
    "field_type",
    "ge",
    "gt",
    "le",
    "lt",
    "max_digits",
    "max_length",
    "min_length",
    "multiple_of",
    "pattern",
    "whole_digits",
}
"""The parts of pydantic's messages that come from the model. Any other part may hold a value of the event."""

_IN_OTHER_WORDS = {
    "assertion_error": "should be what a validator of the model asks for",
    "bytes_invalid_encoding": "should be bytes in {encoding}",
    "date_from_datetime_parsing": "should be a valid date or datetime",
    "date_parsing": "should be a valid date",
    "datetime_from_date_parsing": "should be a valid datetime or date",
    "datetime_object_invalid": "should be a valid datetime",
    "datetime_parsing": "should be a valid datetime",
    "json_invalid": "should be valid JSON",
    "missing": "is missing",
    "recursion_depth_exceeded": "is nested too deep",
    "recursion_loop": "is nested too deep",
    "time_delta_parsing": "should be a valid duration",
    "time_parsing": "should be a valid time",
    "too_long": "should have at most {max_length} item(s)",
    "too_short": "should have at least {min_length} item(s)",
    "union_tag_invalid": "should have a tag, in {discriminator}, of {expected_tags}",
    "url_parsing": "should be a valid URL",
    "url_syntax_violation": "should be a valid URL",
    "uuid_parsing": "should be a valid UUID",
    "value_error": "should be what a validator of the model asks for",
}
"""For messages of pydantic that may hold values of the event, and for some that are clearer so."""

_JSON_NAMES = {
    "NoneType": "null",
    "bool": "a boolean",
    "dict": "an object",
    "float": "a number",
    "int": "a number",
    "list": "an array",
    "str": "text",
}


def problems_of(error: ValidationError, names: Container[str], whole: str) -> list[tuple[str, str]]:
    """Give each error as `(where, what is wrong)`.

    Args:
        error: What pydantic raised. Its own text holds values of the event, so it must not be chained or shown.
        names: The names that the model brought along; others, in the place of an error, are keys of the event.
        whole: What is called wrong if it is not a part: "event".
    """
    if error.error_count() > _MOST:
        return [(whole, f"is wrong in {error.error_count()} places")]
    return [(_place(details["loc"], names) or whole, _fault(details)) for details in error.errors()]


def listed(problems: Sequence[tuple[str, str]]) -> str:
    """The first few problems, a line each, and how many more there are."""
    lines = [f"\n  {where}: {fault}" for where, fault in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"\n  and {len(problems) - _SHOWN} more")
    return "".join(lines)


def _place(path: tuple[int | str, ...], names: Container[str]) -> str:
    parts = [str(part) if isinstance(part, int) or part in names else "<key>" for part in path[:_LONGEST_PATH]]
    if len(path) > _LONGEST_PATH:
        parts.append("...")
    return ".".join(parts)


def _fault(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if "url" not in details and kind != OUR_KIND:  # a custom error, whose text may say anything
        return f"should be what the model's rule {kind!r} asks for"
    if kind in _IN_OTHER_WORDS:
        return _IN_OTHER_WORDS[kind].format_map(context) + _position(str(context.get("error")))
    if not _OF_THE_MODEL.issuperset(context):
        return f"breaks the rule {kind!r}"
    fault = details["msg"].removeprefix("Input ")
    return f"{fault}, is {_kind_of(details['input'])}" if kind.endswith("_type") else fault


def _position(error: str) -> str:
    found = re.search(r" at line (\d+) column (\d+)$", error)
    return f": it breaks off at line {found[1]}, column {found[2]}" if found else ""


def _kind_of(value: object) -> str:
    name = type(value).__name__
    return _JSON_NAMES.get(name, name)
