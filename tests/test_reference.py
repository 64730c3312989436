"""The reference has a place for everything that is public."""

from __future__ import annotations

import re
from pathlib import Path

import lambdakit
from lambdakit import errors

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def test_every_public_name_has_its_place_in_the_reference() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in REFERENCE.rglob("*.md"))
    documented = set(re.findall(r"^::: lambdakit\.(\w+)$", pages, re.MULTILINE))
    if "errors" in documented:
        documented.update(errors.__all__)
    assert set(lambdakit.__all__) - documented == set()
