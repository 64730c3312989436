"""A span of OpenTelemetry, as `traced` and `span` see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import attach, get_current
from opentelemetry.trace import StatusCode, set_span_in_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

_PLAIN = (str, bool, int, float)


class OTelSpan:
    """One span.

    Args:
        span: OpenTelemetry's.
        ends: Whether it is ours to end.
    """

    __slots__ = ("_ends", "_span")

    def __init__(self, span: Span, *, ends: bool = True) -> None:
        self._span = span
        self._ends = ends

    def set(self, /, **attributes: object) -> None:
        """Set attributes."""
        self._span.set_attributes(attributes_of(attributes))

    def event(self, name: str, /, **attributes: object) -> None:
        """Add an event."""
        self._span.add_event(name, attributes_of(attributes))

    def fail(self, reason: BaseException | str, /) -> None:
        """Set the status, and record the error if it is one."""
        if isinstance(reason, BaseException):
            self._span.record_exception(reason)
            self._span.set_attribute("error.type", _type_of(reason))
            reason = str(reason) or _type_of(reason)
        self._span.set_status(StatusCode.ERROR, reason)

    def enter(self) -> Context:
        """Make it OpenTelemetry's current span."""
        before = get_current()
        attach(set_span_in_context(self._span, before))
        return before

    def leave(self, before: Context, /) -> None:
        """Set back what was current. Not by the token: generators may be closed in another context."""
        attach(before)

    def end(self, error: BaseException | None = None, /) -> None:
        """End it; a span of others' instrumentation is left to that."""
        if self._ends:
            if error is not None:
                self.fail(error)
            self._span.end()


def attributes_of(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The attributes in types that OpenTelemetry takes; anything else as text, and None left out."""
    for value in attributes.values():
        if not isinstance(value, _PLAIN):
            return {name: _plain(value) for name, value in attributes.items() if value is not None}
    return attributes


def _plain(value: object) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple) and value and isinstance(value[0], _PLAIN):
        kind = type(value[0])
        if all(type(part) is kind for part in value):
            return list(value)
    return str(value)


def _type_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
