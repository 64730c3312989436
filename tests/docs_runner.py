"""Run every code block of README.md, CONTRIBUTING.md and docs/, so that what a reader copies works.

A page has a directory of its own, which starts with a copy of `examples/` and is the working directory of its blocks.
A block does what its language says:

    python             is run in the page's namespace
    pycon              is run there as a doctest: prompts, and what they answer
    bash               is run by `bash -euo pipefail`, with the commands of the tested environment first on PATH;
                       lines `pip install ...` and `make ...` are not run: their extras and targets must exist
    json, toml, yaml   are parsed
    text, sql, ...     (SHOWN) are for reading only; any other language, or none, is an error

With a title, as in `python title="app.py"`, a block is also written to that file; if it is Python, it is run as the
module of that name, which later blocks may import. The title "output" is different: it says what the block just before
it printed, with `...` for anything. A block that readers need not see goes into a comment:
`<!-- invisible-code-block: python ... -->`.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib.metadata import metadata
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import yaml
from packaging.requirements import Requirement
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, FencedCodeBlockLexer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from sybil import Document, Example, Region

ROOT = Path(__file__).parents[1]
INFO = re.compile(r'(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\s*')
SHOWN = {"diff", "dockerfile", "hcl", "sql", "text"}
PARSERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": lambda text: list(yaml.compose_all(text)),  # composed only: CloudFormation has tags of its own
}
TIMEOUT = 120  # seconds that a bash block may take


def every_block(document: Document) -> Iterator[Region]:
    """The parser to give to Sybil: all fenced blocks of a page, and the invisible ones."""
    fenced = FencedCodeBlockLexer(r"[^\n]*", mapping={"language": "info", "source": "source"})
    invisible = DirectiveInHTMLCommentLexer(
        "invisible-code-block", "[^\n]+", mapping={"arguments": "info", "source": "source"}
    )
    for lexer in (fenced, invisible):
        for region in lexer(document):
            region.evaluator = _run
            yield region


def _run(example: Example) -> str | None:
    page: Page = example.namespace["documentation_page"]  # the fixture, put there by Sybil
    return page.run(
        info=example.region.lexemes["info"],
        source=str(example.region.lexemes["source"]),
        path=example.path,
        line=example.line + 1,
    )


class Page:
    """One page while its blocks run: its directory, its namespace, and what the last block printed."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.output: str | None = None
        self._patch = patch
        self._module = self._new_module("documentation_page")
        if (ROOT / "examples").is_dir():
            shutil.copytree(ROOT / "examples", directory / "examples", ignore=shutil.ignore_patterns("__pycache__"))

    def run(self, info: str, source: str, path: str, line: int) -> str | None:
        """Run one block; `path` and `line` are where its source starts.

        Returns:
            What is wrong with the block, or None. Python code that raises is let through, for its traceback.
        """
        if not (match := INFO.fullmatch(info)):
            return f'a block starts with ```language or ```language title="...", not with ```{info}'
        language, title = match["language"], match["title"]
        if title == "output":
            return self._compare(source)
        self.output = None
        if title:
            file = self.directory / title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, encoding="utf-8")
        if language == "python":
            self._run_python(source, title, path, line)
        elif language == "pycon":
            return self._run_doctest(source, path, line)
        elif language == "bash":
            return self._run_bash(source)
        elif parse := PARSERS.get(language):
            parse(source)
        elif language not in SHOWN:
            return f"tests/docs_runner.py does not know how to check {language}"
        return None

    def _run_python(self, source: str, title: str | None, path: str, line: int) -> None:
        module = self._new_module(title.removesuffix(".py").replace("/", ".")) if title else self._module
        padded = "\n" * (line - 1) + source  # so that a traceback shows the page and its line
        printed = StringIO()
        with chdir(self.directory), redirect_stdout(printed), redirect_stderr(printed):
            exec(compile(padded, path, "exec", dont_inherit=True), vars(module))
        self.output = printed.getvalue()
        if module is not self._module:
            vars(self._module).update((name, value) for name, value in vars(module).items() if name[:2] != "__")

    def _run_doctest(self, source: str, path: str, line: int) -> str | None:
        test = doctest.DocTestParser().get_doctest(source, vars(self._module), path, path, line - 1)
        report = StringIO()
        with chdir(self.directory):
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.write, clear_globs=False)
        vars(self._module).update(test.globs)
        return report.getvalue() or None

    def _run_bash(self, source: str) -> str | None:
        commands = []
        for line in source.splitlines():
            match line.split(maxsplit=2):
                case ["pip", "install", requirements]:
                    problem = _problem_of_pip_install(requirements)
                case ["make", *targets]:
                    problem = _problem_of_make(targets)
                case _:
                    problem = None
                    commands.append(line)
            if problem:
                return problem
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
            cwd=self.directory,
            env=os.environ
            | {
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "COLUMNS": "100",
                "NO_COLOR": "1",
                "PYTHONDONTWRITEBYTECODE": "1",  # a page may write a file twice within one tick of its time stamp
                "PYTHONUNBUFFERED": "1",  # so that output and errors come in order
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        self.output = done.stdout
        return f"exit status {done.returncode}, after printing:\n{done.stdout}" if done.returncode else None

    def _compare(self, expected: str) -> str | None:
        if self.output is None:
            return "there is no python or bash block just before this output"
        if doctest.OutputChecker().check_output(_tidy(expected), _tidy(self.output), doctest.ELLIPSIS):
            return None
        return f"the block before printed something else:\n{self.output}"

    def _new_module(self, name: str) -> ModuleType:
        module = ModuleType(name)
        self._patch.setitem(sys.modules, name, module)
        return module


def _problem_of_pip_install(requirements: str) -> str | None:
    wanted = [Requirement(word) for word in shlex.split(requirements, comments=True) if not word.startswith("-")]
    asked = {extra for requirement in wanted if requirement.name == "lambdakit" for extra in requirement.extras}
    missing = asked.difference(metadata("lambdakit").get_all("Provides-Extra", ()))
    return f"lambdakit has no extra {', '.join(sorted(missing))}" if missing else None


def _problem_of_make(targets: list[str]) -> str | None:
    rules = re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    missing = set(targets).difference(rules)
    return f"the Makefile has no target {', '.join(sorted(missing))}" if missing else None


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
