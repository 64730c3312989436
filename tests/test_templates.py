"""CloudFormation and SAM templates in the documentation are what AWS's own linter accepts: cfn-lint.

It does not look into the events of a SAM function, where a misspelt setting loses data: those are checked here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```yaml[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
IS_TEMPLATE = re.compile(r"^(Resources|Transform|AWSTemplateFormatVersion):", re.MULTILINE)


def templates() -> dict[str, str]:
    """Every template, by its page and the line that it starts at; padded, so that the linter's lines are the page's."""
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            if IS_TEMPLATE.search(block[1]):
                line = text.count("\n", 0, block.start(1))
                found[f"{page.relative_to(ROOT)}:{line + 1}"] = "\n" * line + block[1]
    return found


TEMPLATES = templates()


class _Loader(yaml.SafeLoader):
    """Takes CloudFormation's short forms, `!Ref` and its like, for text."""


_Loader.add_multi_constructor("!", lambda _loader, _tag, _node: "")


def mappings(template: str) -> list[dict[str, Any]]:
    """The properties of every event source that sends batches and lets parts of them fail."""
    resources = yaml.load(template, _Loader)["Resources"].values()
    events = [event for resource in resources for event in resource.get("Properties", {}).get("Events", {}).values()]
    return [event["Properties"] for event in events if event["Type"] in ("SQS", "Kinesis", "DynamoDB", "MSK")]


def lint(directory: Path, texts: dict[str, str]) -> dict[str, list[str]]:
    """What the linter finds in each template, in one process for all of them: it takes seconds to start."""
    directory.mkdir(exist_ok=True)
    names = {str(directory / f"{number}.yaml"): name for number, name in enumerate(texts)}
    for path, name in names.items():
        Path(path).write_text(texts[name], encoding="utf-8")
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "json", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr  # otherwise it did not get to the linting
    findings: dict[str, list[str]] = {name: [] for name in texts}
    for problem in json.loads(done.stdout):
        start: dict[str, Any] = problem["Location"]["Start"]
        told = f"line {start['LineNumber']}: {problem['Rule']['Id']} {problem['Message']}"
        findings[names[problem["Filename"]]].append(told)
    return findings


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return lint(tmp_path_factory.mktemp("templates"), TEMPLATES)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_one_that_aws_takes(name: str, findings: dict[str, list[str]]) -> None:
    assert findings[name] == []


def test_there_are_templates_on_the_pages_that_tell_of_mappings() -> None:
    pages = {name.rpartition(":")[0] for name in TEMPLATES}
    assert {f"docs/how-to/{page}.md" for page in ("process-sqs", "streams", "transform-firehose", "s3-batch")} <= pages
    assert sum(len(mappings(template)) for template in TEMPLATES.values()) >= 5


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_mapping_reports_batch_item_failures(name: str) -> None:
    for properties in mappings(TEMPLATES[name]):
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_linter_finds_what_is_misspelt(tmp_path: Path) -> None:
    text = next(iter(TEMPLATES.values())).replace(" Timeout:", " Tmeout:")
    (problem,) = lint(tmp_path, {"broken": text})["broken"]
    assert "'Tmeout' was unexpected" in problem
