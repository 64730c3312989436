"""What the specification of the embedded metric format says of a line, checked apart from the code that writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

_SCHEMA = Draft202012Validator(json.loads(Path(__file__).with_name("emf_schema.json").read_text(encoding="utf-8")))
_LONGEST = 256 * 1024
"""Bytes: 1 MB is CloudWatch's limit since April 2025; Lambda's own pipe still cuts here."""


def validated(line: str) -> dict[str, Any]:
    """The document of a line, once all that is asked of it holds.

    Raises:
        AssertionError: Something does not.
    """
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert len(line.encode("utf-8")) <= _LONGEST
    document: dict[str, Any] = json.loads(line, object_pairs_hook=_once, parse_constant=_never)
    _SCHEMA.validate(document)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        names = [metric["Name"] for metric in directive["Metrics"]]
        assert len(names) == len(set(names))
        for name in names:
            values = document[name] if isinstance(document[name], list) else [document[name]]
            assert 1 <= len(values) <= 100
            assert all(type(value) in (int, float) for value in values)
        for dimension in {dimension for names in directive["Dimensions"] for dimension in names}:
            assert isinstance(document[dimension], str)
            assert 1 <= len(document[dimension]) <= 1024
    return document


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(dict(pairs)) == len(pairs), "two members have one name"
    return dict(pairs)


def _never(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
