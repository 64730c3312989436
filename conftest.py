"""What holds for every test of the project, and for the code blocks of its documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sybil import Sybil

from tests.docs_runner import Page, every_block

if TYPE_CHECKING:
    from collections.abc import Iterator

# Machines of CI are slow at times, which says nothing. `quick` is for the same tests on one more interpreter.
settings.register_profile("default", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("default")

pytest_plugins = ["pytester"]
pytest_collect_file = Sybil(parsers=[every_block], pattern="*.md", fixtures=["documentation_page"]).pytest()


@pytest.fixture(scope="module")
def documentation_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page whose code blocks are being run."""
    with pytest.MonkeyPatch.context() as patch:
        yield Page(tmp_path_factory.mktemp("page"), patch)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where a test was skipped: what a test needs and cannot find is a failure, never a reason to pass."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("A skipped test counts as a failure: install what it needs.", red=True)
