"""What the tests of logging share: a clean environment, and the lines that were written."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from lambdakit.logging import _levels, _line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Lines: TypeAlias = "Callable[[], list[dict[str, Any]]]"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of this machine decides what is logged, and nothing that a test decided is kept."""
    for name in [*os.environ]:
        if name.startswith(("LAMBDAKIT_", "AWS_LAMBDA_", "OTEL_", "_X_AMZN")) or name == "LOG_LEVEL":
            monkeypatch.delenv(name)
    _forget()
    yield
    _forget()


def _forget() -> None:
    _levels.process_level.cache_clear()
    _line.process_fields.cache_clear()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Gives the lines that were written to standard output since it was last asked."""

    def read() -> list[dict[str, Any]]:
        *complete, rest = capsys.readouterr().out.split("\n")
        assert rest == ""
        return [json.loads(line) for line in complete]

    return read
