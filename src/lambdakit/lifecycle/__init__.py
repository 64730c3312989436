"""The life of a sandbox and of an invocation: warm-up, snapshots, the deadline, the end."""

from ._deadline import deadline
from ._hooks import after_restore, before_snapshot, on_shutdown
from ._warmup import warmup

__all__ = ["after_restore", "before_snapshot", "deadline", "on_shutdown", "warmup"]
