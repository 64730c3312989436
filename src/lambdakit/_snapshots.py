"""SnapStart's hooks, where the runtime has them; features register here what a restored sandbox must have anew."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import _env

if TYPE_CHECKING:
    from collections.abc import Callable


def before_snapshot(hook: Callable[[], object]) -> None:
    """Call a function before the snapshot is taken, those registered last first; never without SnapStart."""
    if (hooks := _runtime_hooks()) is not None:
        hooks.register_before_snapshot(hook)


def after_restore(hook: Callable[[], object]) -> None:
    """Call a function in each restored sandbox, those registered first first; never without SnapStart."""
    if (hooks := _runtime_hooks()) is not None:
        hooks.register_after_restore(hook)


def _runtime_hooks() -> Any:
    if _env.initialization_type() != "snap-start":
        return None
    try:
        import snapshot_restore_py  # type: ignore[import-untyped]  # noqa: PLC0415 - only there
    except ImportError:  # an initialization type that was set by hand
        return None
    _renew_randomness(snapshot_restore_py)
    return snapshot_restore_py


_is_renewed = False


def _renew_randomness(hooks: Any) -> None:
    global _is_renewed  # noqa: PLW0603
    if not _is_renewed:
        _is_renewed = True
        hooks.register_after_restore(_seed)


def _seed() -> None:
    """Otherwise `random` goes on alike in every sandbox of one snapshot."""
    if (random := sys.modules.get("random")) is not None:
        random.seed()
