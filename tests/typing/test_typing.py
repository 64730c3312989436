"""What the type checkers tell users: each file beside this one is a case, and both checkers read all of them.

A case asserts what it should with `assert_type(...)`. A line that must be an error says so, per checker:

    handler("text", None)  # error: mypy[arg-type] pyright[reportArgumentType]

An error on another line or of another kind fails the test, and so does a marked line that is no error.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
CASES = sorted(path for path in HERE.glob("*.py") if path.name != Path(__file__).name)
MARK = re.compile(r"# error:((?: (?:mypy|pyright)\[[\w-]+\])+)$")
KIND = re.compile(r"(mypy|pyright)\[([\w-]+)\]")

Place: TypeAlias = tuple[str, int, str]
"""File, line, kind of error."""


def mypy() -> dict[Place, str]:
    """What mypy complains of, with its messages."""
    found = [json.loads(line) for line in _run("mypy", "--output=json").splitlines()]
    return {(Path(e["file"]).name, e["line"], e["code"]): e["message"] for e in found if e["severity"] == "error"}


def pyright() -> dict[Place, str]:
    """What pyright complains of, with its messages."""
    found = json.loads(_run("pyright", "--outputjson"))["generalDiagnostics"]
    return {
        (Path(e["file"]).name, e["range"]["start"]["line"] + 1, e.get("rule", "syntax")): e["message"]
        for e in found
        if e["severity"] != "information"
    }


def _run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command, *map(str, CASES)],
        cwd=HERE.parents[1],  # where the settings of both checkers are
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr  # otherwise it did not get to the checking
    return done.stdout


def _marked(checker: str) -> set[Place]:
    places = set[Place]()
    for case in CASES:
        for number, line in enumerate(case.read_text(encoding="utf-8").splitlines(), start=1):
            if "# error" in line:
                mark = MARK.search(line)
                assert mark, f"{case.name}:{number}: a mark is written `# error: mypy[code] pyright[rule]`"
                places |= {(case.name, number, kind) for name, kind in KIND.findall(mark[1]) if name == checker}
    return places


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_the_marked_lines_are_errors_and_no_others(checker: Callable[[], dict[Place, str]]) -> None:
    found, marked = checker(), _marked(checker.__name__)
    unexpected = {place: message for place, message in found.items() if place not in marked}
    missing = marked - found.keys()
    assert CASES
    assert (unexpected, missing) == ({}, set())
