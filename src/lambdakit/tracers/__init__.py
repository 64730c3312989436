"""Where spans are sent: the backends of `traced` and `span`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from .otel import OTelTracer
    from .xray import XRayTracer

_HOMES = {"otel": ("OTelTracer",), "xray": ("XRayTracer",)}

__all__ = ["OTelTracer", "XRayTracer"]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
