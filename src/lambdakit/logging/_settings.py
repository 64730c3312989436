"""What a `logged` was told, checked when it is applied, and what comes of it for each invocation."""

from __future__ import annotations

import json
from os import urandom
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._invocation import current

from ._buffer import Buffer
from ._correlation import correlation_id_of
from ._levels import DEBUG, KNOWN, least, number_of, process_level
from ._line import Scope, Style, invocation_fields
from ._logger import log
from ._redaction import redaction_of
from ._values import plain, to_json, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Settings:
    """The options of one `logged`; None is what was not said.

    Attributes:
        lowest: The lowest level that something is made of, in an invocation that is not sampled.
        problem: What is wrong with an option, if anything is.
    """

    def __init__(
        self,
        *,
        service: str | None,
        correlation_id: Callable[[Any], object] | None,
        level: str | int | None,
        sample_debug: float | None,
        buffer: str | int | None,
        buffer_bytes: int,
        redact: Iterable[Any] | None,
        serializer: Callable[..., str | bytes] | None,
        schema: str | None,
    ) -> None:
        self._service = service
        self._find = correlation_id
        self._redact = None if redact is None else redaction_of(redact)
        self._encode: Callable[[object], str] | None = None
        self._otel = None if schema is None else schema == "otel"
        self._style: tuple[Style | None, Style] = None, Style()
        self.problem = (
            _problem_of_levels(level, sample_debug, buffer, buffer_bytes)
            or (_problem_of_finder(correlation_id) if correlation_id is not None else None)
            or (_problem_of_serializer(serializer) if serializer is not None else None)
        )
        if service is not None and not (isinstance(service, str) and service):  # type: ignore[redundant-expr]
            self.problem = f"service: expected a name, got {service!r}"
        elif redact is not None and self._redact is None:
            self.problem = f"redact: expected names of fields, and compiled patterns of text, in a list; got {redact!r}"
        elif schema not in (None, "flat", "otel"):
            self.problem = f"schema: expected 'flat' or 'otel', got {schema!r}"
        if self.problem:
            return
        if serializer is not None:
            self._encode = _encoder(serializer)
        self._says_level = level is not None
        self._level = least(number_of(level)) if self._says_level else process_level()
        self._share = sample_debug
        self._sampled_level = self._level if sample_debug is None else min(self._level, least(DEBUG))
        self._buffer_level = None if buffer is None else least(number_of(buffer))
        self._buffer_bytes = buffer_bytes
        self.lowest = self._level if self._buffer_level is None else min(self._level, self._buffer_level)

    def style(self, around: Style) -> Style:
        """How lines are written.

        Args:
            around: How they are where nothing is said.
        """
        known, style = self._style
        if known is not around:
            style = Style(
                self._encode or around.encode,
                self._redact or around.redact,
                around.otel if self._otel is None else self._otel,
            )
            self._style = around, style
        return style

    def scope(self, event: object, outer: Scope | None, outside: Style) -> Scope:
        """What holds for the lines of this invocation.

        Args:
            event: What the layer was called with.
            outer: What holds around the layer, if it is inside another one.
            outside: How lines are written outside of any.
        """
        inherited = {} if outer is None else outer.fields
        level = self._level if outer is None or self._says_level else outer.level
        sampled = inherited.get("debug_sampled")
        if self._share is not None:
            # Not by `random`, which is seeded alike in all sandboxes that a snapshot is restored in.
            sampled = int.from_bytes(urandom(4)) < self._share * 2**32
            if sampled:
                level = min(level, self._sampled_level)
        buffer = None if outer is None else outer.buffer
        if self._buffer_level is not None:
            buffer = Buffer(self._buffer_level, self._buffer_bytes) if self._buffer_level < level else None
        fields = invocation_fields(
            current(),
            service=self._service or inherited.get("service"),
            correlation_id=_found(self._find or correlation_id_of, event) or inherited.get("correlation_id"),
            debug_sampled=sampled,
        )
        lowest = level if buffer is None else min(level, buffer.level)
        style = self.style(outside if outer is None else outer.style)
        return Scope(fields, level, lowest, style, buffer, of_records=self._find is None)


def _found(find: Callable[[Any], object], event: object) -> object:
    try:
        return find(event)
    except Exception as error:  # noqa: BLE001 - an id for logs is no reason to fail
        log.warning("correlation_id= failed, so lines have no correlation id", exc_info=error)
        return None


def _encoder(serializer: Callable[..., str | bytes]) -> Callable[[object], str]:
    def encode(value: object) -> str:
        try:
            made = serializer(value, default=plain)
            text = made if isinstance(made, str) else made.decode()
        except Exception:  # noqa: BLE001 - whatever it does not know
            return to_json(value)
        if "NaN" in text or "Infinity" in text:  # Python's own serializer writes them bare, which is no JSON
            return to_json(value)
        return text if text.isascii() else without_surrogates(text)

    return encode


def _problem_of_levels(level: object, sample_debug: object, buffer: object, buffer_bytes: object) -> str | None:
    for name, given in (("level", level), ("buffer", buffer)):
        if given is not None and number_of(given) is None:
            return f"{name}: expected {KNOWN}, or a number of the standard library's; got {given!r}"
    if sample_debug is not None and not (_is_number(sample_debug) and 0 <= sample_debug <= 1):  # type: ignore[operator]
        return f"sample_debug: expected a share of the invocations, from 0 to 1; got {sample_debug!r}"
    if not (_is_number(buffer_bytes) and buffer_bytes >= 1):  # type: ignore[operator]
        return f"buffer_bytes: expected a number of bytes, 1 or more; got {buffer_bytes!r}"
    return None


def _problem_of_finder(correlation_id: Callable[..., object]) -> str | None:
    if problem := _callables.misfit(correlation_id, arguments="event"):
        return f"correlation_id: expected a function of the event; {_callables.where(correlation_id)} {problem}"
    if _callables.is_async(correlation_id):
        return f"correlation_id: expected a plain function; {_callables.where(correlation_id)} is async"
    return None


def _problem_of_serializer(serializer: Callable[..., str | bytes]) -> str | None:
    try:
        made = serializer({"probe": [object()]}, default=lambda _: "shown")
        fits = b"\n" not in (made.encode() if isinstance(made, str) else made)
        fits = fits and json.loads(made) == {"probe": ["shown"]}
    except Exception as error:  # noqa: BLE001 - anyone's code
        return f"serializer: expected one that is called as json.dumps(line, default=...) is; it failed: {error!r}"
    return None if fits else "serializer: expected one that gives JSON on one line"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
