"""What the tests of logging share: a clean environment, and the lines that were written."""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from lambdakit.logging import _levels, _line, _runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Lines: TypeAlias = "Callable[[], list[dict[str, Any]]]"


def calling(function: Callable[[], object]) -> Callable[[Any, Any], None]:
    """A handler that calls a function."""

    def handler(event: Any, context: Any) -> None:
        function()

    return handler


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of this machine decides what is logged, and nothing that a test decided is kept."""
    for name in [*os.environ]:
        if name.startswith(("LAMBDAKIT_", "AWS_LAMBDA_", "OTEL_", "_X_AMZN")) or name == "LOG_LEVEL":
            monkeypatch.delenv(name)
    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    _forget()
    yield
    _forget()


def _forget() -> None:
    _levels.process_level.cache_clear()
    _line.process_fields.cache_clear()
    _line.outside[:] = [_line.Style()]
    _runtime._level.clear()
    _runtime._known_to_structlog[0] = False


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Gives the lines that were written to standard output since it was last asked."""

    def read() -> list[dict[str, Any]]:
        *complete, rest = capsys.readouterr().out.split("\n")
        assert rest == ""
        return [json.loads(line) for line in complete]

    return read
