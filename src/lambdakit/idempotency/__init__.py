"""Run a function once for each key: whatever is delivered twice, retried, or late."""

from ._idempotent import idempotent

__all__ = ["idempotent"]
