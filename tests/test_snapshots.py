"""SnapStart's hooks, for features: registered where the runtime has them, and nowhere else."""

from __future__ import annotations

import random
import sys
from typing import Any

import pytest

from lambdakit import _snapshots


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What AWS's module is told to call after a restore."""
    import snapshot_restore_py  # type: ignore[import-untyped]

    calls: list[Any] = []
    monkeypatch.setattr(snapshot_restore_py, "register_after_restore", calls.append)
    monkeypatch.setattr(snapshot_restore_py, "register_before_snapshot", calls.append)
    monkeypatch.setattr(_snapshots, "_is_renewed", False)
    return calls


def nothing() -> None: ...


def test_under_snap_start_hooks_are_registered_after_what_renews_random_numbers(
    registered: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    _snapshots.after_restore(nothing)
    _snapshots.before_snapshot(nothing)
    renew, *hooks = registered
    assert hooks == [nothing, nothing]
    state = random.getstate()
    renew()
    assert random.getstate() != state


@pytest.mark.parametrize("kind", ["on-demand", "provisioned-concurrency", "lambda-managed-instances", ""])
def test_elsewhere_they_are_not(registered: list[Any], monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    _snapshots.after_restore(nothing)
    _snapshots.before_snapshot(nothing)
    assert registered == []


def test_a_type_that_was_set_by_hand_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    _snapshots.after_restore(nothing)
    _snapshots.before_snapshot(nothing)
