"""What is kept out of log lines: fields by their names, and parts of text by patterns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SECRET_NAMES = ("authorization", "cookie", "password", "secret", "set-cookie", "token")
"""The fields that `logged` redacts unless it is told others: `redact=[*SECRET_NAMES, "iban"]` adds to them."""

_REDACTED = "[redacted]"
_DEEPEST = 100
"""Levels of nesting that are searched; what is deeper is left out."""
_LAMBDAS = ("timestamp", "level")
"""Fields of a line that Lambda reads."""


class Redaction:
    """Takes out of lines what is not to be logged. All is prepared here, and nothing for each line.

    A line is redacted when it is JSON already, so it does not matter what the secret was in: a dict, a model, an
    exception. Most lines name no secret, which a look for a few words in the text tells. Only the others are taken
    apart.

    Args:
        names: Of fields: each whose name ends in one of them, in any case, and with `_` for `-`, loses its value.
        patterns: What they match is taken out of all text, the message included.
    """

    def __init__(self, names: Iterable[str], patterns: Iterable[re.Pattern[str]] = ()) -> None:
        self._endings = tuple({_plain(name) for name in names})
        self._patterns = tuple(patterns)
        # A word of each name: where none of these is in a text, no name is.
        self._words = tuple({max(re.split(r"[\W_]+", name), key=len) for name in self._endings})
        self._always = bool(self._patterns) or not all(word.isascii() and word for word in self._words)

    def __call__(self, text: str, encode: Callable[[Any], str]) -> str:
        """A line without what is not to be logged.

        Args:
            text: The line, a JSON object.
            encode: Makes JSON of it again, if there is something to take out.

        Raises:
            RecursionError: It is too deeply nested to be taken apart.
            ValueError: It is no JSON.
        """
        if not self._always:
            lowered = text.lower()
            for word in self._words:
                if word in lowered:
                    break
            else:
                return text
        line = json.loads(text)
        redacted = {name: value if name in _LAMBDAS else self._item(name, value, 1) for name, value in line.items()}
        return text if redacted == line else encode(redacted)

    def _item(self, name: str, value: object, depth: int) -> object:
        if value is not None and _plain(name).endswith(self._endings):
            return _REDACTED
        return self._value(value, depth)

    def _value(self, value: object, depth: int) -> object:
        if isinstance(value, str):
            for pattern in self._patterns:
                value = pattern.sub(_REDACTED, value)
        elif isinstance(value, dict | list):
            if depth == _DEEPEST:
                return _REDACTED
            if isinstance(value, list):
                return [self._value(item, depth + 1) for item in value]
            return {name: self._item(name, item, depth + 1) for name, item in value.items()}
        return value


def redaction_of(redact: Iterable[str | re.Pattern[str]]) -> Redaction | None:
    """The redaction that an option stands for: names, and compiled patterns; None if it is something else."""
    if isinstance(redact, str | bytes):
        return None
    try:
        given = tuple(redact)
    except TypeError:
        return None
    names = [part for part in given if isinstance(part, str) and re.search(r"[^\W_]", part)]
    patterns = [part for part in given if isinstance(part, re.Pattern) and isinstance(part.pattern, str)]
    return Redaction(names, patterns) if len(names) + len(patterns) == len(given) else None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
