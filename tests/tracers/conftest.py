"""What the tests of backends share: a clean environment, and real receivers."""

from __future__ import annotations

import os
from textwrap import dedent
from typing import TYPE_CHECKING, TypeAlias

import pytest

from lambdakit.tracing import _choice
from tests.tracers.receivers import Collector, Daemon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

App: TypeAlias = "Callable[[str], Path]"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine decides what is traced, and no tracer is kept."""
    for name in [*os.environ]:
        if name.startswith(("LAMBDAKIT_", "AWS_LAMBDA_", "AWS_XRAY_", "OTEL_", "_X_AMZN")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(_choice, "_made", {})


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A receiver of OTLP over HTTP."""
    with Collector() as running:
        yield running


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """A receiver of what is sent to the X-Ray daemon."""
    running = Daemon()
    yield running
    running.close()


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Writes a module, app.py, and gives the directory that is deployed."""

    def write(source: str) -> Path:
        (tmp_path / "app.py").write_text(dedent(source), encoding="utf-8")
        return tmp_path

    return write
