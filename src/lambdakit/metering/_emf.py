"""Lines in CloudWatch's embedded metric format, within all its limits.

See "Specification: Embedded metric format" in the Amazon CloudWatch User Guide. JSON is put together from parts that
are encoded once, since every invocation pays for it.
"""

from __future__ import annotations

import sys
import time
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING

from lambdakit import _env
from lambdakit._invocation import invocation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ._series import Kind, Labels, Series

MOST_METRICS = 100
"""In a line; each has one directive."""
MOST_VALUES = 100
"""Of a metric in a line."""
LONGEST = 256 * 1024 - 1024
"""Bytes of a line. CloudWatch takes 1 MB, and took 256 KB before April 2025; Lambda's own pipe cuts at 256 KB."""

_DROPPING = ("WARN", "ERROR", "FATAL")


class Emf:
    """Writes the metrics of a handler.

    Args:
        namespace: The namespace of all of them.
        base: What all have in common, unless they say something else.
        dimension_sets: The sets of dimensions that a metric is published under; empty: one of all its dimensions.
    """

    def __init__(self, namespace: str, base: Labels, dimension_sets: Sequence[tuple[str, ...]] = ()) -> None:
        self._start = f',"CloudWatchMetrics":[{{"Namespace":{quoted(namespace)},"Dimensions":['
        self._dimension_sets = dimension_sets
        self._level = _surviving_level()
        self._base = base
        self._base_texts = self._texts(base)

    def export(self, series: Sequence[Series]) -> None:
        """Write what was recorded, in as many lines as it needs."""
        now = time.time()
        milliseconds = int(now * 1000)
        context = invocation.get()[0].context
        told = "" if context is None else f',"function_request_id":{quoted(str(context.aws_request_id))}'
        if self._level is not None:
            told += f',"timestamp":"{_rfc_3339(now)}","level":"{self._level}"'
        first = 0
        while first < len(series):  # those with the same labels stand together
            labels = series[first].labels
            last = first + 1
            while last < len(series) and series[last].labels is labels:
                last += 1
            start, members = self._base_texts if labels is self._base else self._texts(labels)
            alike = series if last - first == len(series) else series[first:last]
            _write_lines(alike, f'{{"_aws":{{"Timestamp":{milliseconds}{start}', members + told)
            first = last

    def _texts(self, labels: Labels) -> tuple[str, str]:
        """What stands between the time and the metrics, and between the metrics and their values."""
        dimensions = labels.dimensions
        sets = [names for names in self._dimension_sets if all(name in dimensions for name in names)]
        members = [f",{quoted(name)}:{quoted(value)}" for name, value in dimensions.items()]
        members += [f",{quoted(name)}:{value}" for name, value in labels.properties.items()]
        dimension_sets = ",".join(map(_names, sets or [tuple(dimensions)]))
        return f'{self._start}{dimension_sets}],"Metrics":[', f"]}}]}}{''.join(members)}"


def write(line: str) -> None:
    """Write one line to what is standard output at that moment, in one piece."""
    stream = sys.stdout
    stream.write(line)
    stream.flush()


def properties_size(properties: Mapping[str, str]) -> int:
    """The bytes that properties take in each line."""
    return sum(len(quoted(name)) + len(value) + 2 for name, value in properties.items())


def _write_lines(series: Sequence[Series], head: str, tail: str) -> None:
    """Write metrics that have the same labels: in lines of so many metrics and bytes as each may have.

    A metric that has more values than a line may have of it is in several.
    """
    room = LONGEST - len(head) - len(tail)
    start, left = 0, series
    while left:
        definitions = members = ""
        count = 0
        longer = []
        for one in left:
            definition, member = _texts_of(one.name, one.kind)
            values = one.values
            if len(values) == 1:
                member += repr(values[0])
            else:
                member += f"[{','.join(map(repr, values[start : start + MOST_VALUES]))}]"
                if len(values) > start + MOST_VALUES:
                    longer.append(one)
            if count == MOST_METRICS or len(definitions) + len(members) + len(definition) + len(member) > room:
                write(f"{head}{definitions[1:]}{tail}{members}}}\n")
                definitions, members, count = definition, member, 1
            else:
                definitions += definition
                members += member
                count += 1
        write(f"{head}{definitions[1:]}{tail}{members}}}\n")
        start, left = start + MOST_VALUES, longer


@lru_cache(maxsize=1024)
def _texts_of(name: str, kind: Kind) -> tuple[str, str]:
    """What defines a metric, and what its values come behind; each with a comma before it."""
    member = f",{quoted(name)}:"
    unit = "" if kind.unit == "None" else f',"Unit":"{kind.unit}"'
    resolution = ',"StorageResolution":1' if kind.high_resolution else ""
    return f',{{"Name":{quoted(name)}{unit}{resolution}}}', member


def _names(names: Iterable[str]) -> str:
    return f"[{','.join(map(quoted, names))}]"


def _surviving_level() -> str | None:
    """The level that a line has to carry for Lambda not to drop it; None if it need not carry one.

    In the JSON format Lambda filters lines by `level`, and one that has none, or no valid `timestamp` beside it, counts
    as INFO: see "Log-level filtering" in the AWS Lambda Developer Guide. So above INFO a line carries the very level of
    the filter; in small letters, which Lambda reads as well, so that who looks for lines of level ERROR does not find
    it.
    """
    level = (_env.lambda_log_level() or "").upper()
    return level.lower() if level in _DROPPING and _env.lambda_log_format().upper() == "JSON" else None


def _rfc_3339(seconds: float) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{int(seconds * 1000) % 1000:03}Z"
