"""The deadline comes before the real time-out: under AWS's runtime client, and in AWS's own emulator."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit.testing.runtime import LocalRuntime
from tests.lifecycle.emulator import running

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent

CASES = {
    "app.plain": ("sleeping", "computing", "requesting"),
    "app.awaited": ("sleeping", "requesting"),
}


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("handler", CASES)
def test_under_the_runtime_client(handler: str, silent_port: int, tmp_path: Path) -> None:
    variables = {"STORE": str(tmp_path / "store.db")}
    with LocalRuntime(handler, task_root=ROOT, timeout=2, environment=variables) as runtime:
        for how in CASES[handler]:
            outcome = runtime.invoke({"id": how, "how": how, "port": silent_port})
            assert outcome.error is not None
            assert outcome.error.type == "DeadlineExceededError"
            check([json.loads(line) for line in outcome.logs if line.startswith("{")], how)
            again = runtime.invoke({"id": how, "how": "quickly", "port": silent_port})
            assert again.result == "done"
            assert not again.cold_start  # the process has lived through it


@pytest.mark.parametrize("handler", CASES)
def test_in_the_emulator(handler: str, silent_port: int, tmp_path: Path) -> None:
    variables = {"STORE": str(tmp_path / "store.db")}
    with running(handler, task_root=ROOT, timeout=2, variables=variables, log=tmp_path / "log") as emulator:
        for how in CASES[handler]:
            before = len(emulator.lines)
            answer = emulator.invoke({"id": how, "how": how, "port": silent_port})
            assert answer["errorType"] == "DeadlineExceededError"
            check(emulator.lines[before:], how)
            assert emulator.invoke({"id": how, "how": "quickly", "port": silent_port}) == "done"


def test_without_the_deadline_the_emulator_would_have_ended_it(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text("import time\ndef handler(event, context): time.sleep(60)\n")
    with running("late.handler", task_root=tmp_path, timeout=1, variables={}, log=tmp_path / "log") as emulator:
        assert "Task timed out after 1.00 seconds" in str(emulator.invoke({}))


def check(lines: list[dict[str, Any]], how: str) -> None:
    """The line of the handler, its metric, and the line that tells how it ended, are there."""
    assert [line["how"] for line in lines if line.get("message") == "started"] == [how]
    assert [line["Started"] for line in lines if "_aws" in line] == [1]
    assert [line["message"] for line in lines if line.get("level") == "ERROR"] == ["the handler failed"]
