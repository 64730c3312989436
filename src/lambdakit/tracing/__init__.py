"""Traces, by OpenTelemetry or X-Ray: `traced` for handlers, `span` for any part of the work.

What backends share is here. The backends themselves are in `lambdakit.tracers`, and nothing of them is loaded unless
one of them is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from ._protocol import Span, SpanUnderWay, Tracer
    from ._span import span
    from ._traced import traced
    from ._work import Work

_HOMES = {
    "_protocol": ("Span", "SpanUnderWay", "Tracer"),
    "_span": ("span",),
    "_traced": ("traced",),
    "_work": ("Work",),
}

__all__ = ["Span", "SpanUnderWay", "Tracer", "Work", "span", "traced"]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
