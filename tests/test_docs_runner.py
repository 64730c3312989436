"""Every kind of code block is checked, and a broken one is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sybil import Document

from tests.docs_runner import Page, every_block

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RunPage = "Callable[[str], list[str]]"


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Run a page, given as markdown with ~~~ for fences; return what its blocks complain of."""

    def run(markdown: str) -> list[str]:
        page = Page(tmp_path, monkeypatch)
        document = Document(markdown.replace("~~~", "```"), "page.md")
        for region in every_block(document):
            document.add(region)
        found = []
        for example in document.examples():
            example.namespace["documentation_page"] = page
            try:
                example.evaluate()
            except Exception as error:
                found.append(f"{type(error).__name__}: {error}")
        return found

    return run


def test_blocks_of_a_page_share_names_files_and_modules(problems: Callable[[str], list[str]]) -> None:
    page = """
<!-- invisible-code-block: python
hidden = 40
-->
~~~python title="app.py"
answer = 42
~~~
~~~json title="event.json"
{"two": 2}
~~~
Inside a list, too:

1. This one:

    ~~~python
    import json
    from pathlib import Path
    import app
    assert app.answer == answer == hidden + json.loads(Path("event.json").read_text())["two"]
    ~~~

~~~pycon
>>> answer + 1
43
~~~
~~~bash
pip install 'lambdakit[cli]'
make test
python -c 'import app; print("the answer is", app.answer)'
~~~
~~~text title="output"
the ... is 42
~~~
"""
    assert problems(page) == []


def test_what_python_prints_can_be_shown_and_is_compared(problems: Callable[[str], list[str]]) -> None:
    page = """
~~~python
print("hello", "world")
~~~
~~~text title="output"
hello ...
~~~
~~~text title="output"
goodbye
~~~
"""
    (problem,) = problems(page)
    assert "line 8" in problem
    assert "hello world" in problem


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        pytest.param("~~~python\nassert 1 == 2\n~~~", "AssertionError", id="python that raises"),
        pytest.param("~~~python\nif\n~~~", "SyntaxError", id="python that cannot be parsed"),
        pytest.param("~~~pycon\n>>> 1 + 1\n3\n~~~", "Expected:\n    3\nGot:\n    2", id="a wrong answer in pycon"),
        pytest.param("~~~bash\nfalse\ntrue\n~~~", "exit status 1", id="bash that fails"),
        pytest.param("~~~bash\necho $UNSET_NAME\n~~~", "unbound variable", id="an unset variable"),
        pytest.param("~~~bash\npip install 'lambdakit[cli,nope]'\n~~~", "no extra nope", id="an unknown extra"),
        pytest.param("~~~bash\nmake nope\n~~~", "no target nope", id="an unknown make target"),
        pytest.param("~~~json\n{'a': 1}\n~~~", "JSONDecodeError", id="broken JSON"),
        pytest.param("~~~yaml\na: [1\n~~~", "ParserError", id="broken YAML"),
        pytest.param("~~~toml\na = \n~~~", "TOMLDecodeError", id="broken TOML"),
        pytest.param("~~~\nanything\n~~~", "a block starts with", id="no language"),
        pytest.param("~~~cobol\nSTOP RUN.\n~~~", "cobol", id="an unknown language"),
        pytest.param('~~~text title="output"\nhi\n~~~', "no python or bash block", id="output of nothing"),
    ],
)
def test_a_broken_block_is_found(block: str, problem: str, problems: Callable[[str], list[str]]) -> None:
    (found,) = problems(block)
    assert problem in found


def test_cloudformation_tags_are_fine_in_yaml(problems: Callable[[str], list[str]]) -> None:
    assert problems("~~~yaml\nQueue: !GetAtt Orders.Arn\n~~~") == []


def test_an_error_in_python_names_the_line_of_the_page(problems: Callable[[str], list[str]]) -> None:
    (problem,) = problems("one\ntwo\n~~~python\n1\n)\n~~~")
    assert "page.md, line 5" in problem
