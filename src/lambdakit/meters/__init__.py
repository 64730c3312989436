"""Where metrics can go instead of CloudWatch's logs; each is loaded when it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from .otel import OTelMeter

_HOMES = {"otel": ("OTelMeter",)}

__all__ = ["OTelMeter"]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
