"""The environment variables that are read: each is documented, and none is read elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import lambdakit

ROOT = Path(lambdakit.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "environment.md"


def test_every_variable_has_its_line_in_the_reference_and_no_line_is_left_over() -> None:
    read = set(re.findall(r'environ(?:\.get\(|\[)?"?(\w+)?', (ROOT / "_env.py").read_text(encoding="utf-8")))
    read |= set(re.findall(r'"([A-Z_]+)" in environ', (ROOT / "_env.py").read_text(encoding="utf-8")))
    documented = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name for name in read if name and name.isupper()} == documented


def test_production_code_reads_variables_in_one_place_only() -> None:
    others = [
        path.relative_to(ROOT)
        for path in ROOT.rglob("*.py")
        if path.name != "_env.py" and path.relative_to(ROOT).parts[0] not in {"testing", "cli"}
    ]
    readers = [path for path in others if re.search(r"\benviron\b|getenv", (ROOT / path).read_text(encoding="utf-8"))]
    assert others
    assert readers == []
