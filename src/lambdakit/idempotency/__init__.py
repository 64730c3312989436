"""Run a function once for each key: whatever is delivered twice, retried, or late."""

from ._function import function
from ._idempotent import idempotent

__all__ = ["function", "idempotent"]
