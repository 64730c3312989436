"""What the tests of metrics share: a clean environment, and the lines that were written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from lambdakit.testing import PublishedMetric, published_metrics
from tests.metering.emf import validated

if TYPE_CHECKING:
    from collections.abc import Callable

Lines: TypeAlias = "Callable[[], list[dict[str, Any]]]"
Published: TypeAlias = "Callable[[], list[PublishedMetric]]"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine decides what is written."""
    for name in [*os.environ]:
        if name.startswith(("LAMBDAKIT_", "AWS_LAMBDA_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Gives the lines that were written to standard output since it was last asked, each one valid."""

    def read() -> list[dict[str, Any]]:
        return [validated(line) for line in capsys.readouterr().out.splitlines(keepends=True)]

    return read


@pytest.fixture
def published(capsys: pytest.CaptureFixture[str]) -> Published:
    """Gives what CloudWatch reads out of the lines that were written since it was last asked."""

    def read() -> list[PublishedMetric]:
        written = capsys.readouterr().out
        for line in written.splitlines(keepends=True):
            validated(line)
        return published_metrics(written)

    return read
