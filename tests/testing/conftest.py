"""Fixtures for the tests of LocalRuntime."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit.testing.runtime import LocalRuntime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def local(tmp_path: Path) -> Callable[..., LocalRuntime]:
    """Makes a runtime for a module `app` with this source."""

    def make(source: str, handler: str = "app.handler", **options: Any) -> LocalRuntime:
        (tmp_path / "app.py").write_text(dedent(source))
        return LocalRuntime(handler, task_root=tmp_path, **options)

    return make
