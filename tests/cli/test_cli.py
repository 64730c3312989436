"""The `lambdakit` command as a whole."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lambdakit.cli
from lambdakit.cli._app import app

COMMAND = Path(sys.executable).with_name("lambdakit")


def test_it_says_its_version() -> None:
    done = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"lambdakit {version('lambdakit')}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["invoke", "--help"]])
def test_its_help_is_plain_text(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments, prog_name="lambdakit")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: lambdakit")
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout


def test_windows_is_told_that_it_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match="needs Linux, macOS or WSL"):
        lambdakit.cli.main()
