"""The environment of the function that LocalRuntime runs. On the real awslambdaric."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from lambdakit.errors import OptionError
from lambdakit.testing.runtime import LocalRuntime

if TYPE_CHECKING:
    from pathlib import Path

Make = Callable[..., LocalRuntime]


def test_only_lambdas_variables_and_the_functions_own_are_there(
    local: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    source = "import os\ndef handler(event, context): return dict(os.environ)"
    with local(source, environment={"TABLE": "orders", "AWS_REGION": "eu-west-1"}) as runtime:
        seen = runtime.invoke({}).result
    assert isinstance(seen, dict)
    inherited = {"PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "_X_AMZN_TRACE_ID", "LC_CTYPE"}
    assert re.fullmatch(r"127\.0\.0\.1:\d+", seen.pop("AWS_LAMBDA_RUNTIME_API"))
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen.pop("AWS_LAMBDA_LOG_STREAM_NAME"))
    assert {name: value for name, value in seen.items() if name not in inherited} == {
        "TABLE": "orders",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python3.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "local",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/local",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "LANG": "en_US.UTF-8",
        "PYTHONPATH": f"{tmp_path}:/somewhere",
        "TZ": ":UTC",
        "_HANDLER": "app.handler",
    }


@pytest.mark.parametrize(
    ("given", "region"),
    [({}, "us-east-1"), ({"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"), ({"AWS_REGION": "x"}, "x")],
)
def test_there_is_always_a_region(local: Make, given: dict[str, str], region: str) -> None:
    source = "import os\ndef handler(event, context): return os.environ['AWS_REGION']"
    with local(source, environment=given) as runtime:
        assert runtime.invoke({}).result == region


def test_the_task_root_is_the_working_directory_and_first_on_the_path(local: Make, tmp_path: Path) -> None:
    (tmp_path / "json5.py").write_text("here = True")
    source = "import json5, os, sys\ndef handler(event, context): return [os.getcwd(), sys.path[0], sys.executable]"
    with local(source) as runtime:
        assert runtime.invoke({}).result == [str(tmp_path), str(tmp_path), sys.executable]


def test_the_clock_is_in_utc(local: Make) -> None:
    source = "import time\ndef handler(event, context): return time.localtime(0).tm_hour"
    with local(source, environment={"LC_ALL": "C"}) as runtime:
        assert runtime.invoke({}).result == 0


def test_handlers_in_packages_are_found(local: Make, tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "app.py").write_text("def handler(event, context): return __name__")
    for name in ("orders.app.handler", "orders/app.handler"):
        with local("", handler=name) as runtime:
            assert runtime.invoke({}).result == "orders.app"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("AWS_LAMBDA_FUNCTION_NAME", "use function_name"),
        ("LAMBDA_TASK_ROOT", "use task_root"),
        ("AWS_LAMBDA_RUNTIME_API", "cannot be changed"),
        ("AWS_LAMBDA_MAX_CONCURRENCY", "cannot be changed"),
    ],
)
def test_variables_of_the_runtime_are_refused(local: Make, name: str, advice: str) -> None:
    with pytest.raises(OptionError, match=f"{name} is set by the runtime; .*{advice}"):
        local("", environment={name: "x"})


def test_log_records_can_be_json_and_have_a_level(local: Make) -> None:
    source = """
        import logging
        def handler(event, context):
            logging.info("quiet")
            logging.warning("loud")
    """
    with local(source, log_format="JSON", log_level="WARN") as runtime:
        outcome = runtime.invoke({})
    (line,) = map(json.loads, outcome.logs)
    assert (line["level"], line["message"], line["requestId"]) == ("WARNING", "loud", outcome.request_id)
