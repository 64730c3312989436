"""What two sandboxes of one SnapStart snapshot have in common: nothing that they must not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.tables import Tables, running

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("snapshot.py")


@pytest.fixture
def tables() -> Iterator[Tables]:
    with running() as server:
        yield server


def restored(tables: Tables, how: str) -> list[dict[str, Any]]:
    """What two sandboxes of one snapshot have."""
    variables = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, str(SCRIPT), tables.url, how]
    output = subprocess.run(command, env={**os.environ, **variables}, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in output.stdout.splitlines()]


def test_restored_sandboxes_share_no_socket_no_id_and_no_random_numbers(tables: Tables) -> None:
    first, second = restored(tables, "with hooks")
    assert first["before"] == second["before"]  # so that the rest means something
    assert first["random"] != second["random"]
    assert first["uuid"] != second["uuid"]
    assert first["hooks"] != second["hooks"]  # what they make of random numbers differs, too
    assert len({tables.ports[number] for number in (1, 2, 3)}) == 3


def test_without_the_hooks_they_would(tables: Tables) -> None:
    first, second = restored(tables, "without hooks")
    assert first["random"] == second["random"]
    assert len({tables.ports[number] for number in (1, 2, 3)}) == 1
