"""Events as models: `parse`, `payload`; and results as JSON: `encoded`."""

from __future__ import annotations

from ._encoding import Json, encoded
from ._parsing import parse, payload

__all__ = ["Json", "encoded", "parse", "payload"]
