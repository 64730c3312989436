"""LocalRuntime, on the real awslambdaric: events, outcomes, the function's environment, failures."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit.errors import ConfigurationError, EncodeError, MissingExtraError, OptionError
from lambdakit.testing.runtime import InitError, LocalRuntime

if TYPE_CHECKING:
    from pathlib import Path

Make = Callable[..., LocalRuntime]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRuntime]:
    """A handler that returns its event."""
    root = tmp_path_factory.mktemp("echo")
    (root / "app.py").write_text("def handler(event, context):\n    return event\n")
    with LocalRuntime("app.handler", task_root=root) as runtime:
        yield runtime


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class TestEvents:
    @given(value=VALUES)
    @settings(deadline=None)
    def test_any_json_value_reaches_the_handler_and_comes_back(self, echo: LocalRuntime, value: object) -> None:
        event = json.dumps(value) if isinstance(value, str) else value
        assert echo.invoke(event).result == value

    def test_text_is_sent_as_it_is(self, echo: LocalRuntime) -> None:
        assert echo.invoke('  {"a": 1.50}').result == {"a": 1.5}

    def test_bytes_are_sent_as_they_are(self, echo: LocalRuntime) -> None:
        assert echo.invoke(b'["\xc3\xa9"]').result == ["é"]

    @pytest.mark.parametrize("event", ["", "not JSON", b"\xff\xfe\x00", '{"a": 1,}', '"\ud800'])
    def test_what_is_not_json_is_an_error_of_the_runtime(self, echo: LocalRuntime, event: bytes | str) -> None:
        outcome = echo.invoke(event)
        assert outcome.error is not None
        assert outcome.error.type == "Runtime.UnmarshalError"
        assert outcome.result is None

    def test_an_object_that_is_not_json_is_refused(self, echo: LocalRuntime) -> None:
        with pytest.raises(EncodeError, match=r"cannot be sent as JSON: .*set"):
            echo.invoke({"a": {1, 2}})

    def test_six_megabytes_go_in_and_out(self, echo: LocalRuntime) -> None:
        event = "x" * (6 * 1024 * 1024 - 2)
        assert echo.invoke([event]).result == [event]

    def test_a_thousand_invocations_take_seconds(self, echo: LocalRuntime) -> None:
        started = time.monotonic()
        assert [echo.invoke({"n": n}).result for n in range(1_000)] == [{"n": n} for n in range(1_000)]
        assert time.monotonic() - started < 20  # 45 s if answers were written in two pieces

    def test_threads_take_turns(self, echo: LocalRuntime) -> None:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(echo.invoke, ([n] for n in range(100))))
        assert [outcome.result for outcome in outcomes] == [[n] for n in range(100)]
        assert len({outcome.request_id for outcome in outcomes}) == 100


class TestContext:
    def test_the_handler_sees_the_function_and_the_invocation(self, local: Make) -> None:
        source = """
            def handler(event, context):
                return {
                    "id": context.aws_request_id, "name": context.function_name, "version": context.function_version,
                    "memory": context.memory_limit_in_mb, "arn": context.invoked_function_arn,
                    "group": context.log_group_name, "tenant": context.tenant_id, "w3c": context.w3c(),
                    "custom": context.client_context.custom,
                }
        """
        w3c = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        with local(source, function_name="orders", function_version="7", memory=512) as runtime:
            outcome = runtime.invoke(
                {}, request_id="abc", tenant_id="blue", client_context={"custom": {"a": "é"}, "w3c": w3c}
            )
        assert outcome.request_id == "abc"
        assert outcome.result == {
            "id": "abc",
            "name": "orders",
            "version": "7",
            "memory": "512",
            "arn": "arn:aws:lambda:us-east-1:123456789012:function:orders:7",
            "group": "/aws/lambda/orders",
            "tenant": "blue",
            "w3c": w3c,
            "custom": {"a": "é"},
        }

    def test_what_was_not_given_is_absent_or_new(self, local: Make) -> None:
        source = """
            import os
            def handler(event, context):
                return [context.tenant_id, context.client_context, context.invoked_function_arn,
                        context.aws_request_id, os.environ["_X_AMZN_TRACE_ID"]]
        """
        with local(source) as runtime:
            first, second = runtime.invoke({}), runtime.invoke({})
        assert isinstance(first.result, list)
        assert isinstance(second.result, list)
        assert first.result[:3] == [None, None, "arn:aws:lambda:us-east-1:123456789012:function:local"]
        assert first.result[3] == first.request_id != second.request_id
        assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", first.result[4])
        assert first.result[4] != second.result[4]

    def test_the_trace_header_belongs_to_one_invocation(self, local: Make) -> None:
        header = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        source = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"
        with local(source) as runtime:
            assert runtime.invoke({}, trace_id=header).result == header
            assert runtime.invoke({}).result != header

    @pytest.mark.parametrize("timeout", [None, 60.0])
    def test_the_deadline_is_the_time_out_away(self, local: Make, timeout: float | None) -> None:
        source = "def handler(event, context): return context.get_remaining_time_in_millis()"
        with local(source, **({} if timeout is None else {"timeout": timeout})) as runtime:
            remaining = runtime.invoke({}).result
        expected = (timeout or 3.0) * 1000
        assert isinstance(remaining, int)
        assert expected - 2000 < remaining <= expected

    @pytest.mark.parametrize("options", [{"tenant_id": "a\r\nb"}, {"trace_id": "é"}, {"request_id": "a\nb"}])
    def test_what_cannot_be_a_header_is_refused(self, echo: LocalRuntime, options: dict[str, str]) -> None:
        with pytest.raises(OptionError, match="printable ASCII"):
            echo.invoke(
                {},
                request_id=options.get("request_id"),
                tenant_id=options.get("tenant_id"),
                trace_id=options.get("trace_id"),
            )


class TestStarting:
    @pytest.mark.parametrize(
        ("source", "handler", "kind", "said"),
        [
            ("", "nothing.handler", "Runtime.ImportModuleError", "No module named 'nothing'"),
            ("", "app.nothing", "Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'app'"),
            ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
            ("", "app", "Runtime.MalformedHandlerName", "Bad handler 'app'"),
            ("", "time.sleep", "Runtime.BuiltInModuleConflict", "Cannot use built-in module time"),
            ("raise KeyError('TABLE')", "app.handler", "KeyError", "'TABLE'"),
        ],
    )
    def test_a_handler_that_cannot_be_loaded_is_an_error(
        self, local: Make, source: str, handler: str, kind: str, said: str
    ) -> None:
        with pytest.raises(InitError) as caught, local(source, handler=handler):
            pass
        assert caught.value.error.type == kind
        assert str(caught.value).startswith(f"{handler} could not be loaded: {kind}: ")
        assert said in str(caught.value)

    def test_the_error_shows_where_the_import_failed(self, local: Make, tmp_path: Path) -> None:
        with pytest.raises(InitError) as caught, local("print('so far')\n1 / 0"):
            pass
        assert f'File "{tmp_path / "app.py"}", line 2, in <module>\n    1 / 0' in str(caught.value)
        assert caught.value.logs[0] == "so far"

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            ("os._exit(7)", "Runtime exited with error: exit status 7"),
            ("sys.exit()", "Runtime exited without providing a reason"),
            ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ],
    )
    def test_a_process_that_ends_while_it_starts_is_an_error(self, local: Make, end: str, reason: str) -> None:
        source = f"import os, sys\nprint('good-bye', file=sys.stderr)\n{end}"
        with pytest.raises(InitError) as caught, local(source):
            pass
        assert str(caught.value) == (
            f"app.handler could not be loaded: Runtime.ExitError: {reason}\nThe process wrote:\ngood-bye"
        )

    def test_a_start_that_takes_too_long_is_an_error(self, local: Make) -> None:
        with pytest.raises(InitError) as caught, local("while True: pass", init_timeout=0.3):
            pass
        assert str(caught.value) == (
            "app.handler could not be loaded: Sandbox.Timedout: Init timed out after 0.30 seconds\n"
            "The process wrote nothing."
        )

    def test_snap_start_runs_the_hooks(self, local: Make) -> None:
        source = """
            from snapshot_restore_py import register_after_restore, register_before_snapshot
            ran = []
            register_before_snapshot(ran.append, "before 1")
            register_before_snapshot(ran.append, "before 2")
            register_after_restore(ran.append, "after 1")
            register_after_restore(ran.append, "after 2")
            def handler(event, context): return ran
        """
        with local(source, initialization_type="snap-start") as runtime:
            assert runtime.invoke({}).result == ["before 2", "before 1", "after 1", "after 2"]
        with local(source) as runtime:
            assert runtime.invoke({}).result == []

    @pytest.mark.parametrize("hook", ["before_snapshot", "after_restore"])
    def test_a_hook_that_fails_is_an_error_of_the_start(self, local: Make, hook: str) -> None:
        source = f"""
            from snapshot_restore_py import register_{hook}
            def fail(): raise RuntimeError("no connection")
            register_{hook}(fail)
            def handler(event, context): pass
        """
        with (
            pytest.raises(InitError, match="RuntimeError: no connection"),
            local(source, initialization_type="snap-start"),
        ):
            pass

    @pytest.mark.parametrize("timeout", [0, -1, 901, float("nan")])
    def test_a_time_out_is_one_that_lambda_allows(self, local: Make, timeout: float) -> None:
        with pytest.raises(OptionError, match="timeout: expected more than 0 and at most 900 seconds"):
            local("", timeout=timeout)

    def test_the_task_root_is_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(OptionError, match="task_root: expected a directory"):
            LocalRuntime("app.handler", task_root=tmp_path / "nowhere")

    def test_it_works_in_a_with_block_only(self, local: Make) -> None:
        runtime = local("def handler(event, context): pass")
        with pytest.raises(ConfigurationError, match="use it in a with block"):
            runtime.invoke({})
        with runtime:
            pass
        with pytest.raises(ConfigurationError, match="use it in a with block"):
            runtime.invoke({})

    def test_without_awslambdaric_it_says_what_to_install(self, local: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "awslambdaric", None)
        with pytest.raises(MissingExtraError, match=r"needs awslambdaric: pip install 'lambdakit\[cli\]'"):
            local("")
