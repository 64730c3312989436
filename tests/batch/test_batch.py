"""`lambdakit.batch`: the one place for what annotations name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints, is_typeddict

import pytest

import lambdakit
from lambdakit import batch
from tests.test_imports import loaded_by

MODULES = {name: module for module, names in batch._HOMES.items() for name in names}
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "batches.md"


def test_the_names_are_sorted_and_all_have_a_home() -> None:
    assert list(batch.__all__) == sorted(batch.__all__)
    assert set(MODULES) == set(batch.__all__)


@pytest.mark.parametrize("name", [name for name in batch.__all__ if name != "DROPPED"])
def test_every_name_comes_from_its_module(name: str) -> None:
    assert getattr(batch, name).__module__ == f"lambdakit.batch.{MODULES[name]}"


@pytest.mark.parametrize("name", [name for name in lambdakit.__all__ if name.endswith(("_batch", "_transform"))])
def test_the_shape_of_every_answer_can_be_imported(name: str) -> None:
    configure = getattr(lambdakit, name)._configure
    said = configure.__annotations__["return"]  # "Adapter[object, SQSBatchResponse, Record, object]"
    answer = getattr(batch, said.split(", ")[1])
    assert is_typeddict(answer)


@pytest.mark.parametrize("name", [name for name in batch.__all__ if is_typeddict(getattr(batch, name))])
def test_what_a_shape_is_made_of_can_be_imported_too(name: str) -> None:
    hints = get_type_hints(getattr(batch, name))
    parts = set(re.findall(r"lambdakit\.batch\.\w+\.(\w+)", str(list(hints.values()))))
    assert parts <= set(batch.__all__)


def test_every_name_has_its_place_in_the_reference() -> None:
    documented = re.findall(r"^::: lambdakit\.batch\.(\w+)$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(documented) == sorted(batch.__all__)


def test_a_name_loads_only_its_own_source() -> None:
    loaded = loaded_by("from lambdakit.batch import SQSBatchResponse")
    sources = {"dynamodb", "firehose", "kafka", "kinesis", "s3", "sqs"}
    assert {name for name in sources if f"lambdakit.batch.{name}" in loaded} == {"sqs"}
