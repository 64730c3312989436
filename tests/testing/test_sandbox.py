"""The process of a LocalRuntime: its log, its end, and what it may not leave behind. On the real awslambdaric."""

from __future__ import annotations

import math
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit.testing._sandbox import Sandbox
from lambdakit.testing.runtime import FunctionError, LocalRuntime, Outcome

Make = Callable[..., LocalRuntime]


@pytest.fixture(scope="module")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRuntime]:
    """A handler that prints the lines of its event."""
    root = tmp_path_factory.mktemp("printer")
    (root / "app.py").write_text("def handler(event, context):\n    for line in event: print(line)\n")
    with LocalRuntime("app.handler", task_root=root) as runtime:
        yield runtime


def failure(outcome: Outcome) -> FunctionError:
    assert outcome.error is not None
    return outcome.error


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def pid_of(runtime: LocalRuntime) -> int:
    """The process, for a handler that returns its own id."""
    pid = runtime.invoke({}).result
    assert isinstance(pid, int)
    return pid


class TestLogs:
    @given(lines=st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))))
    @settings(deadline=None)
    def test_what_is_printed_is_there_line_by_line(self, printer: LocalRuntime, lines: list[str]) -> None:
        assert printer.invoke(lines).logs == tuple(lines)

    def test_more_than_a_pipe_holds_is_complete(self, printer: LocalRuntime) -> None:
        lines = [f"{n} {'x' * 200}" for n in range(10_000)]
        assert printer.invoke(lines).logs == tuple(lines)

    def test_what_nobody_has_read_yet_is_complete(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", "for n in range(2_000): print(n)"]
        sandbox = Sandbox(command, environment={}, directory=tmp_path)
        try:
            os.waitid(os.P_PID, sandbox._process.pid, os.WEXITED | os.WNOWAIT)
            assert not sandbox.run(math.inf)
            assert sandbox.lines() == tuple(map(str, range(2_000)))
            assert sandbox.lines() == ()
        finally:
            sandbox.close()

    def test_stdout_and_stderr_keep_their_order(self, local: Make) -> None:
        source = """
            import logging, os, subprocess, sys
            def handler(event, context):
                print("1 out")
                print("2 err", file=sys.stderr)
                os.write(1, b"3 descriptor\\n")
                logging.warning("4 record")
                subprocess.run(["echo", "5 child"])
                print("6 no line end", end="")
        """
        with local(source) as runtime:
            first, second = runtime.invoke({}), runtime.invoke({})
        assert [line.split("\t")[-1] for line in first.logs] == [
            "1 out", "2 err", "3 descriptor", "4 record", "5 child", "6 no line end",
        ]  # fmt: skip
        assert first.request_id in first.logs[3]
        assert [line.split("\t")[-1] for line in second.logs] == [line.split("\t")[-1] for line in first.logs]

    def test_the_runtimes_own_traceback_is_one_line(self, local: Make) -> None:
        with local("def handler(event, context): 1 / 0") as runtime:
            (line,) = runtime.invoke({}).logs
        assert line.startswith("[ERROR] ZeroDivisionError: division by zero\rTraceback (most recent call last):\r")

    def test_bytes_that_are_not_text_do_no_harm(self, local: Make) -> None:
        with local("import os\ndef handler(event, context): os.write(2, b'\\xffa\\n')") as runtime:
            assert runtime.invoke({}).logs == ("\ufffda",)

    def test_a_thread_that_never_stops_writing_holds_up_nothing(self, local: Make) -> None:
        source = """
            import os, threading
            def write():
                while True: os.write(1, b"still here\\n")
            def handler(event, context):
                if event: threading.Thread(target=write, daemon=True).start()
                return event
        """
        with local(source) as runtime:
            assert [runtime.invoke(n).result for n in (1, 0, 0)] == [1, 0, 0]

    def test_a_process_that_closes_its_output_goes_on(self, local: Make) -> None:
        source = """
            import os
            def handler(event, context):
                if event == 1: os.close(1); os.close(2)
                return event
        """
        with local(source) as runtime:
            assert [runtime.invoke(n).result for n in (1, 2)] == [1, 2]


class TestTimeOuts:
    def test_a_process_that_takes_too_long_is_killed(self, local: Make) -> None:
        source = """
            import os, time
            def handler(event, context):
                print("working", os.getpid())
                if event: time.sleep(60)
                return os.getpid()
        """
        with local(source, timeout=0.3) as runtime:
            outcome = runtime.invoke(1)
            pid = int(outcome.logs[0].removeprefix("working "))
            assert not is_running(pid)
            again = runtime.invoke(0)
        assert failure(outcome).type == "Sandbox.Timedout"
        assert failure(outcome).message == f"RequestId: {outcome.request_id} Error: Task timed out after 0.30 seconds"
        assert 0.3 <= outcome.duration < 1
        assert again.cold_start
        assert again.result not in (None, pid)

    def test_what_the_handler_started_is_killed_with_it(self, local: Make, tmp_path: Path) -> None:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            source = f"""
                import subprocess, time
                def handler(event, context):
                    subprocess.Popen(["sleep", "60"], stdout=open({str(fifo)!r}, "w"))
                    time.sleep(60)
            """
            with local(source, timeout=0.5) as runtime:
                assert failure(runtime.invoke({})).type == "Sandbox.Timedout"
                assert select.select([reader], [], [], 10)[0], "the child still has its end of the pipe"
                assert os.read(reader, 1) == b""
        finally:
            os.close(reader)


class TestEnds:
    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            ("os._exit(3)", "with error: exit status 3"),
            ("os._exit(0)", "without providing a reason"),
            ("sys.exit(4)", "with error: exit status 4"),
            ("os.kill(os.getpid(), 9)", "with error: signal: killed"),
            ("os.abort()", "with error: signal: aborted"),
        ],
    )
    def test_a_process_that_ends_is_an_error_and_the_next_one_is_cold(self, local: Make, end: str, reason: str) -> None:
        source = f"""
            import os, sys
            def handler(event, context):
                print("last words")
                if event: {end}
                return "well"
        """
        with local(source) as runtime:
            assert runtime.invoke(0).result == "well"
            outcome, again = runtime.invoke(1), runtime.invoke(0)
        assert failure(outcome).type == "Runtime.ExitError"
        assert failure(outcome).message == f"RequestId: {outcome.request_id} Error: Runtime exited {reason}"
        assert outcome.logs[0] == "last words"
        assert (again.result, again.cold_start) == ("well", True)

    def test_a_child_that_holds_the_log_open_does_not_hide_the_end(self, local: Make) -> None:
        source = """
            import os, subprocess
            def handler(event, context):
                subprocess.Popen(["sleep", "60"])
                os._exit(1)
        """
        with local(source, timeout=30) as runtime:
            outcome = runtime.invoke({})
        assert failure(outcome).type == "Runtime.ExitError"
        assert outcome.duration < 5

    def test_a_process_that_died_between_two_invocations_is_replaced(self, local: Make) -> None:
        with local("import os\ndef handler(event, context): return os.getpid()") as runtime:
            pid = pid_of(runtime)
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            outcome = runtime.invoke({})
        assert outcome.cold_start
        assert outcome.result != pid

    def test_an_interrupted_invocation_leaves_no_process(self, local: Make) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        source = """
            import os, time
            def handler(event, context):
                if event: time.sleep(60)
                return os.getpid()
        """
        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            with local(source, timeout=60) as runtime:
                pid = runtime.invoke(0).result
                assert isinstance(pid, int)
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                with pytest.raises(KeyboardInterrupt):
                    runtime.invoke(1)
                assert not is_running(pid)
                assert runtime.invoke(0).cold_start
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_nothing_is_left_behind(self, local: Make) -> None:
        threads, files = threading.active_count(), open_files()
        with local("import os\ndef handler(event, context): return os.getpid()") as runtime:
            pid = pid_of(runtime)
            assert is_running(pid)
            assert threading.active_count() == threads
        assert not is_running(pid)
        assert open_files() == files

    def test_nothing_is_left_behind_by_an_error_in_the_block(self, local: Make) -> None:
        files = open_files()
        pids: list[int] = []

        def fail(runtime: LocalRuntime) -> None:
            pids.append(pid_of(runtime))
            raise LookupError

        source = "import os\ndef handler(event, context): return os.getpid()"
        with pytest.raises(LookupError), local(source) as runtime:
            fail(runtime)
        assert not is_running(pids[0])
        assert open_files() == files

    def test_it_can_be_entered_again(self, local: Make) -> None:
        runtime = local("import os\ndef handler(event, context): return os.getpid()")
        with runtime:
            first = pid_of(runtime)
        with runtime:
            assert pid_of(runtime) != first
