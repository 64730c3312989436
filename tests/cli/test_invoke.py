"""`lambdakit invoke`, on the real awslambdaric: the command itself, and in this process through typer's runner."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner, Result

from lambdakit.cli._app import app

Invoke = Callable[..., Result]


def run(*arguments: str, directory: Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own, in a directory with a module `orders`."""
    (directory / "orders.py").write_text(dedent(ORDERS))
    command = [str(Path(sys.executable).with_name("lambdakit")), "invoke", *arguments]
    return subprocess.run(
        command,
        check=False,
        cwd=directory,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | environment,
        input=stdin,
    )


ORDERS = """
    import logging
    logging.getLogger().setLevel("INFO")
    print("imported")

    count = 0

    def handler(event, context):
        global count
        count += 1
        logging.info("an order")
        return {"id": event.get("id"), "total": "9.90 €"}

    def counting(event, context):
        global count
        count += 1
        return count

    def failing(event, context):
        raise ValueError("no stock")

    def failing_late(event, context):
        global count
        count += 1
        if count == 3: raise ValueError("no stock")

    def context(event, context):
        import os
        names = ("STAGE", "HOME", "AWS_REGION", "AWS_LAMBDA_LOG_FORMAT", "_X_AMZN_TRACE_ID")
        return {
            "name": context.function_name, "memory": context.memory_limit_in_mb, "tenant": context.tenant_id,
            "time": context.get_remaining_time_in_millis(), **{name: os.environ.get(name) for name in names},
        }

    def echo(event, context):
        return event

    def sleeping(event, context):
        import time
        time.sleep(60)

    def odd(event, context):
        return [float("nan"), float("inf")]

    def surrogate(event, context):
        return b'"\\\\ud800\\\\u20ac"'

    def binary(event, context):
        return b"\\xff"
"""


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs `lambdakit invoke` in a directory with a module `orders`."""
    (tmp_path / "orders.py").write_text(dedent(ORDERS))
    monkeypatch.chdir(tmp_path)

    def invoked(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, ["invoke", *arguments], input=stdin, prog_name="lambdakit")

    return invoked


def paragraph(result: Result) -> str:
    """The one paragraph of a usage error."""
    usage, _, error = result.stderr.partition("\n\nError: ")
    assert usage.startswith("Usage: lambdakit invoke")
    assert result.stdout == ""
    assert "\n" not in error.rstrip("\n")
    return error.rstrip("\n")


class TestCommand:
    """The installed command, in a process of its own."""

    def test_it_prints_logs_result_and_durations(self, tmp_path: Path) -> None:
        (tmp_path / "event.json").write_text('{"id": 7}')
        done = run("orders:handler", "--event", "event.json", "--count", "3", directory=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(
            dedent("""\
                Logs
                imported
                \\[INFO\\]\t\\S+Z\t[0-9a-f-]{36}\tan order
                Result
                \\{
                  "id": 7,
                  "total": "9.90 €"
                \\}
                Duration
                  cold  [0-9.]+ ms  \\(start [0-9.]+ ms \\+ first invocation [0-9.]+ ms\\)
                  warm  [0-9.]+ ms  \\(median of 2; [0-9.]+ ms to [0-9.]+ ms\\)
            """),
            done.stdout,
        )

    def test_its_json_can_be_piped(self, tmp_path: Path) -> None:
        event = json.dumps({"long": "x" * 500, "accent": "é"})
        done = run("orders.echo", "--event", "-", "--json", directory=tmp_path, stdin=event)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["result"] == json.loads(event)

    def test_what_the_output_cannot_show_is_escaped(self, tmp_path: Path) -> None:
        done = run("orders:surrogate", directory=tmp_path, PYTHONIOENCODING="latin-1")
        assert done.returncode == 0
        assert '"\\ud800\\u20ac"' in done.stdout

    @pytest.mark.parametrize("package", ["typer", "rich", "awslambdaric"])
    def test_without_its_extra_it_says_what_to_install(self, package: str, tmp_path: Path) -> None:
        (tmp_path / "orders.py").write_text(dedent(ORDERS))
        code = f"""if True:
            import sys
            sys.modules[{package!r}] = None
            sys.argv = ["lambdakit", "invoke", "orders:echo"]
            import lambdakit.cli
            lambdakit.cli.main()
        """
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(rf"lambdakit: .* needs {package}\S*: pip install 'lambdakit\[cli\]'\n", done.stderr)


class TestResult:
    @pytest.mark.parametrize("name", ["orders:echo", "orders.echo"])
    def test_both_ways_of_naming_a_handler_are_understood(self, invoke: Invoke, name: str) -> None:
        result = invoke(name, "--json", "-e", "-", stdin="[1]")
        assert json.loads(result.stdout)["result"] == [1]

    def test_a_handler_in_a_package_of_another_directory_is_found(self, invoke: Invoke, tmp_path: Path) -> None:
        package = tmp_path / "src" / "shop"
        package.mkdir(parents=True)
        (package / "app.py").write_text("def handler(event, context): return __name__")
        for name in ("shop.app:handler", "shop/app.handler"):
            result = invoke(name, "-C", "src", "--json")
            assert json.loads(result.stdout)["result"] == "shop.app"

    def test_without_an_event_an_empty_object_is_sent(self, invoke: Invoke) -> None:
        assert json.loads(invoke("orders:echo", "--json").stdout)["result"] == {}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
    def test_the_event_may_be_in_any_encoding_of_json(self, invoke: Invoke, encoding: str) -> None:
        result = invoke("orders:echo", "--json", "-e", "-", stdin='{"a": "é"}'.encode(encoding))
        assert json.loads(result.stdout)["result"] == {"a": "é"}

    def test_the_event_is_sent_once_and_the_warm_duration_left_open(self, invoke: Invoke) -> None:
        result = invoke("orders:counting")
        assert "Result\n1\n" in result.stdout
        assert "warm  not measured: --count 2 sends the event a second time" in result.stdout

    def test_a_second_invocation_is_warm(self, invoke: Invoke) -> None:
        assert re.search(r"warm  [0-9.]+ ms  \(the second invocation\)", invoke("orders:handler", "-n", "2").stdout)

    def test_results_that_differ_are_mentioned(self, invoke: Invoke) -> None:
        result = invoke("orders:counting", "--count", "3")
        assert "Result\n1\n" in result.stdout
        assert "Later invocations had other results; --json prints them all." in result.stdout

    def test_json_holds_all_that_happened(self, invoke: Invoke) -> None:
        result = invoke("orders:handler", "--count", "3", "--json")
        document = json.loads(result.stdout)
        first_id, *other_ids = (each.pop("request_id") for each in (document, *document["warm"]))
        durations = [each.pop("duration") for each in (document, *document["warm"])]
        init = document.pop("init_duration")
        assert init > 0
        assert document.pop("cold_duration") == init + durations[0]
        assert document.pop("warm_duration") == sum(durations[1:]) / 2
        (line,) = document.pop("logs")
        assert line.endswith(f"{first_id}\tan order")
        assert [each.pop("logs")[0].split("\t")[-2] for each in document["warm"]] == other_ids
        same = {"result": {"id": None, "total": "9.90 €"}, "error": None}
        assert document == {"handler": "orders.handler", "init_logs": ["imported"], **same, "warm": [same, same]}

    def test_json_is_json_even_if_the_result_is_not(self, invoke: Invoke) -> None:
        result = invoke("orders:odd", "--json")
        document = json.loads(result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert document["result"] == ["NaN", "Infinity"]

    def test_bytes_are_shown_as_text(self, invoke: Invoke) -> None:
        assert json.loads(invoke("orders:binary", "--json").stdout)["result"] == "\\xff"
        assert '"\\\\xff"' in invoke("orders:binary").stdout

    def test_long_results_are_printed_whole(self, invoke: Invoke) -> None:
        event = json.dumps(["x" * 150_000])
        assert "x" * 150_000 in invoke("orders:echo", "-e", "-", stdin=event).stdout

    def test_options_reach_the_handler(self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/mine")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "not this one")
        result = invoke(
            "orders:context", "--json", "--env", "STAGE=a=b", "--memory", "512", "--timeout", "600",
            "--trace-id", "Root=1-2-3", "--tenant", "blue", "--log-format", "json", "--function-name", "orders",
        )  # fmt: skip
        seen = json.loads(result.stdout)["result"]
        assert 500_000 < seen.pop("time") <= 600_000
        assert seen == {
            "name": "orders",
            "memory": "512",
            "tenant": "blue",
            "STAGE": "a=b",
            "HOME": "/mine",
            "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "_X_AMZN_TRACE_ID": "Root=1-2-3",
        }


class TestFailure:
    def test_an_exception_is_shown_and_the_status_is_1(self, invoke: Invoke) -> None:
        result = invoke("orders:failing")
        assert result.exit_code == 1
        assert "\nError\nValueError: no stock\n" in result.stdout
        assert ', in failing\n    raise ValueError("no stock")\nDuration\n' in result.stdout
        assert "\r" not in result.stdout

    def test_an_exception_is_in_the_json(self, invoke: Invoke) -> None:
        result = invoke("orders:failing", "--json")
        assert result.exit_code == 1
        error = json.loads(result.stdout)["error"]
        assert (error["type"], error["message"], len(error["stack_trace"])) == ("ValueError", "no stock", 1)

    def test_the_first_failure_ends_the_repetition(self, invoke: Invoke) -> None:
        result = invoke("orders:failing_late", "-n", "9")
        assert result.exit_code == 1
        assert "Result\nnull\nLogs of invocation 3\n[ERROR] ValueError: no stock\n" in result.stdout
        assert "\nError of invocation 3\nValueError: no stock\n" in result.stdout
        document = json.loads(invoke("orders:failing_late", "-n", "9", "--json").stdout)
        assert [each["error"] and each["error"]["message"] for each in document["warm"]] == [None, "no stock"]

    def test_a_time_out_is_a_failure(self, invoke: Invoke) -> None:
        result = invoke("orders:sleeping", "--timeout", "0.3")
        assert result.exit_code == 1
        assert re.search(r"Sandbox.Timedout: RequestId: \S+ Error: Task timed out after 0.30 seconds", result.stdout)

    def test_a_module_that_cannot_be_imported_is_a_failure_with_its_logs(self, invoke: Invoke, tmp_path: Path) -> None:
        (tmp_path / "broken.py").write_text("print('connecting')\nimport not_installed")
        result = invoke("broken:handler")
        assert result.exit_code == 1
        assert result.stdout.startswith("Logs\nconnecting\n")
        assert result.stdout.endswith(
            "Error at the start\n"
            "Runtime.ImportModuleError: Unable to import module 'broken': No module named 'not_installed'\n"
        )

    def test_a_module_that_cannot_be_imported_is_in_the_json(self, invoke: Invoke, tmp_path: Path) -> None:
        (tmp_path / "broken.py").write_text("1 / 0")
        document = json.loads(invoke("broken:handler", "--json").stdout)
        assert document["error"]["type"] == "ZeroDivisionError"
        assert document.keys() == json.loads(invoke("orders:echo", "--json").stdout).keys()


class TestUsage:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("orders", "'orders' is not the name of a handler; name it module:handler, such as app:handler"),
            ("orders:", "'orders:' is not the name of a handler"),
            (":handler", "':handler' is not the name of a handler"),
            ("orders:my handler", "'orders:my handler' is not the name of a handler"),
            ("a:b:c", "'a:b:c' is not the name of a handler"),
            ("orders.py:handler", "'orders.py:handler' names a file; name it module:handler"),
            ("orders:Orders.handle", "names something inside a class; Lambda finds what stands in a module itself"),
            ("nothing:handler", "there is no module 'nothing' in {directory}; --directory says where to look"),
            ("orders.app:handler", "there is no module 'orders.app' in {directory}"),
            ("orders:nothing", "the module 'orders' has no 'nothing'"),
            ("time:sleep", "'time:sleep' is in a module that is built into Python"),
        ],
    )
    def test_a_wrong_name_is_explained(self, invoke: Invoke, tmp_path: Path, name: str, said: str) -> None:
        result = invoke(name)
        assert result.exit_code == 2
        assert paragraph(result).startswith("Invalid value for HANDLER: ")
        assert said.format(directory=tmp_path) in paragraph(result)

    @pytest.mark.parametrize(
        ("event", "said"),
        [
            (b'{"card": "4111",}', "event.json is not JSON: "),
            (b"", "event.json is not JSON: Expecting value at line 1, column 1"),
            (b'{"card":\n"4111"\n"x"}', "at line 3, column 1"),
            (b'{"card": "\xff4111"}', "event.json is not text: byte 10 is not utf-8"),
        ],
    )
    def test_an_event_that_is_not_json_is_explained_and_not_shown(
        self, invoke: Invoke, tmp_path: Path, event: bytes, said: str
    ) -> None:
        (tmp_path / "event.json").write_bytes(event)
        result = invoke("orders:echo", "--event", "event.json")
        assert result.exit_code == 2
        assert said in paragraph(result)
        assert "4111" not in result.output

    def test_standard_input_that_is_not_json_is_explained(self, invoke: Invoke) -> None:
        result = invoke("orders:echo", "-e", "-", stdin="order 7")
        assert result.exit_code == 2
        assert "standard input is not JSON" in paragraph(result)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--event", "nowhere.json"], "nowhere.json cannot be read: No such file or directory"),
            (["--event", "."], ". cannot be read: Is a directory"),
            (["-C", "nowhere"], "'nowhere' does not exist"),
            (["--env", "TOKEN"], "expected KEY=VALUE"),
            (["--env", "=secret"], "expected KEY=VALUE"),
            (
                ["--env", "AWS_LAMBDA_FUNCTION_NAME=x"],
                "AWS_LAMBDA_FUNCTION_NAME is set by the runtime; use function_name",
            ),
            (["--timeout", "901"], "timeout: expected more than 0 and at most 900 seconds"),
            (["--tenant", "é"], "Lambda-Runtime-Aws-Tenant-Id: expected printable ASCII only"),
            (["--count", "0"], "--count"),
            (["--memory", "64"], "--memory"),
            (["--log-format", "xml"], "--log-format"),
            (["--colour"], "No such option"),
        ],
    )
    def test_a_wrong_option_is_explained(self, invoke: Invoke, options: list[str], said: str) -> None:
        result = invoke("orders:echo", *options)
        assert result.exit_code == 2
        assert said in paragraph(result)
        assert "secret" not in result.output
