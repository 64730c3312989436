"""What a backend of traces has to be, and what users see of a span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._work import Work


class Span(Protocol):
    """A span under way. The same names and values come out, whichever backend it is sent to."""

    def set(self, /, **attributes: object) -> None:
        """Set attributes of the span; of two with the same name, the later one is kept.

        Args:
            **attributes: str, bool, int, float, or a list of one of these; anything else is turned into text. None
                leaves the attribute out.
        """
        ...

    def event(self, name: str, /, **attributes: object) -> None:
        """Note that something happened in the span, now.

        Args:
            name: What happened.
            **attributes: As for `set`.
        """
        ...

    def fail(self, reason: BaseException | str, /) -> None:
        """Mark the span as failed, though no error escapes it.

        Args:
            reason: The error, which is recorded with its stack and causes; or some words.
        """
        ...


class SpanUnderWay(Span, Protocol):
    """A span, as `traced` and `span` see it. Between `enter` and `leave` it is the current one."""

    def enter(self) -> Any:
        """Make it the current span of this context; give what `leave` needs to undo that."""
        ...

    def leave(self, before: Any, /) -> None:
        """Make that the current span which was so before. It may be called in another context than `enter` was."""
        ...

    def end(self, error: BaseException | None = None, /) -> None:
        """The work is over; at most once.

        Args:
            error: What escaped, if anything; it is recorded, and the span is marked as failed.
        """
        ...


class Tracer(Protocol):
    """A backend: `OTelTracer`, `XRayTracer`, or one of your own. No method may raise."""

    def begin(self, work: Work, /) -> SpanUnderWay:
        """Start the span of an invocation, or of a record of a batch.

        An invocation's has a parent outside the function, if any; a record's is a child of the current span.
        """
        ...

    def start(self, name: str, attributes: Mapping[str, object], /) -> SpanUnderWay:
        """Start a child of the current span."""
        ...

    def current(self) -> Span:
        """The current span; one that does nothing, if there is none."""
        ...

    def log_fields(self) -> Mapping[str, object]:
        """`trace_id` and `span_id` of the current span, as this backend writes them; nothing, if there is none."""
        ...

    @property
    def flushes(self) -> bool:
        """Whether `flush` may have to wait for the network; if not, it is not called."""
        ...

    def flush(self, remaining: float, /) -> None:
        """Send what has ended, since the sandbox may be frozen after the invocation.

        Args:
            remaining: Seconds until Lambda ends the invocation; infinite if it does not.
        """
        ...
