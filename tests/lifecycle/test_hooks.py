"""Hooks of a sandbox's life: in processes of their own, under AWS's own runtime client where it is theirs to call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import OptionError, after_restore, before_snapshot, on_shutdown
from lambdakit.testing.runtime import InitError, LocalRuntime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def local(tmp_path: Path) -> Callable[..., LocalRuntime]:
    """Makes a runtime for a module `app` with this source."""

    def make(source: str, **options: Any) -> LocalRuntime:
        (tmp_path / "app.py").write_text(dedent(source))
        return LocalRuntime("app.handler", task_root=tmp_path, **options)

    return make


HOOKS = """
    from lambdakit import after_restore, before_snapshot
    calls = []
    for number in (1, 2):
        before_snapshot(lambda number=number: calls.append(f"before {number}"))
        after_restore(lambda number=number: calls.append(f"after {number}"))
    def handler(event, context):
        return calls
"""


def test_hooks_run_at_a_snapshot_in_aws_order(local: Callable[..., LocalRuntime]) -> None:
    with local(HOOKS, initialization_type="snap-start") as runtime:
        assert runtime.invoke({}).result == ["before 2", "before 1", "after 1", "after 2"]


@pytest.mark.parametrize("kind", ["on-demand", "provisioned-concurrency"])
def test_without_a_snapshot_they_never_run(local: Callable[..., LocalRuntime], kind: str) -> None:
    with local(HOOKS, initialization_type=kind) as runtime:
        assert runtime.invoke({}).result == []


@pytest.mark.parametrize("hook", ["before_snapshot", "after_restore"])
def test_a_hook_that_fails_is_an_error_of_the_start(local: Callable[..., LocalRuntime], hook: str) -> None:
    source = f"""
        import lambdakit
        @lambdakit.{hook}
        def fail():
            raise ValueError("not today")
        def handler(event, context): ...
    """
    with pytest.raises(InitError, match="not today"), local(source, initialization_type="snap-start"):
        pass


@pytest.mark.parametrize(
    ("kind", "cold"), [("on-demand", True), ("snap-start", True), ("provisioned-concurrency", False)]
)
def test_a_cold_start_is_one_that_somebody_waited_for(
    local: Callable[..., LocalRuntime], kind: str, *, cold: bool
) -> None:
    source = """
        from lambdakit import current, warmup
        @warmup
        def handler(event, context):
            return current().cold_start
    """
    with local(source, initialization_type=kind) as runtime:
        assert [runtime.invoke({}).result for _ in range(2)] == [cold, False]


def run_until_it_waits(source: str) -> subprocess.Popen[str]:
    """Start a process that prints "ready", and then waits for a signal."""
    code = dedent(source) + "\nprint('ready', flush=True)\nwhile True: signal.pause()\n"
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal\nfrom lambdakit import on_shutdown\n" + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    os.kill(process.pid, signal.SIGTERM)
    return process.communicate(timeout=30)


def test_at_the_end_functions_are_called_last_first_and_the_process_ends_as_it_would_have() -> None:
    process = run_until_it_waits("""
        @on_shutdown
        def first(): print("first", flush=True)
        @on_shutdown
        def fails(): raise ValueError("one of them")
        @on_shutdown
        def last(): print("last", flush=True)
    """)
    output, errors = end(process)
    assert output == "last\nfirst\n"
    assert "one of them" in errors
    assert process.returncode == -signal.SIGTERM


def test_what_handled_the_signal_before_goes_on_each_time() -> None:
    process = run_until_it_waits("""
        signals = []
        def before(number, frame):
            signals.append(number)
            if len(signals) == 1: on_shutdown(lambda: print("registered again", flush=True))
            print("before", len(signals), flush=True)
            if len(signals) == 2: raise SystemExit(3)
        signal.signal(signal.SIGTERM, before)
        on_shutdown(lambda: print("ours", flush=True))
    """)
    assert process.stdout is not None
    os.kill(process.pid, signal.SIGTERM)
    assert [process.stdout.readline() for _ in range(2)] == ["ours\n", "before 1\n"]
    assert end(process)[0] == "registered again\nbefore 2\n"
    assert process.returncode == 3


def test_where_the_signal_was_ignored_it_still_is() -> None:
    process = run_until_it_waits("""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        on_shutdown(lambda: print("ours", flush=True))
    """)
    assert process.stdout is not None
    os.kill(process.pid, signal.SIGTERM)
    assert process.stdout.readline() == "ours\n"
    assert process.poll() is None
    process.kill()
    process.communicate(timeout=30)


def one(event: object) -> None: ...


async def coroutine() -> None: ...


@pytest.mark.parametrize("hook", [before_snapshot, after_restore, on_shutdown])
@pytest.mark.parametrize(
    ("function", "problem"),
    [(one, "takes 1 positional argument"), (coroutine, "is async, and must be plain"), (5, "cannot be called")],
)
def test_wrong_use_is_told_at_import(hook: Callable[[Any], Any], function: Any, problem: str) -> None:
    with pytest.raises(OptionError, match=rf"^@{hook.__name__} .* takes a function without parameters; .*{problem}"):
        hook(function)


def test_a_hook_is_given_back_as_it_is() -> None:
    def hook() -> None: ...

    assert before_snapshot(hook) is hook
    assert after_restore(hook) is hook


def test_on_shutdown_belongs_in_the_main_thread() -> None:
    caught: list[Exception] = []

    def register() -> None:
        try:
            on_shutdown(lambda: None)
        except OptionError as error:
            caught.append(error)

    thread = threading.Thread(target=register)
    thread.start()
    thread.join()
    assert "belongs in the main thread, at import" in str(caught[0])
