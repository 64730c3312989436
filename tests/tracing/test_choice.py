"""Which tracer a handler has, and that it costs nothing to have none."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from lambdakit import OptionError, traced
from lambdakit.tracers import OTelTracer, XRayTracer
from lambdakit.tracing import _choice

FIRST = "from lambdakit import span, sqs_batch, traced\n"
USED = """
@traced
def handler(event, context):
    with span("charge", order=1) as charge:
        charge.set(a=1)
    return part()

@span("part")
def part():
    return "done"

assert handler({}, None) == "done"
"""
BACKENDS = {"opentelemetry", "aws_xray_sdk", "wrapt"}


def loaded_by(code: str, **variables: str) -> set[str]:
    """The modules that are loaded by some code, in a process with these variables only."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    output = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=variables
    ).stdout
    return set(json.loads(output.splitlines()[-1]))


def of_backends(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} & BACKENDS


LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "AWS_LAMBDA_FUNCTION_NAME": "f"}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LAMBDAKIT_TRACER": "none"},
        {"LAMBDAKIT_TRACER": ""},
        LAMBDA | {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000", "_X_AMZN_TRACE_ID": "Root=1-a;Sampled=1"},
        LAMBDA | {"OTEL_SERVICE_NAME": "orders"},
        LAMBDA | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "LAMBDAKIT_TRACER": "none"},
        LAMBDA | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "TRUE"},
        LAMBDA | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
        {"LAMBDAKIT_TRACER": "otel", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},  # on a developer's machine
    ],
    ids=str,
)
def test_nothing_of_a_backend_is_loaded_where_no_tracer_is_chosen(variables: dict[str, str]) -> None:
    modules = loaded_by(FIRST + USED, **variables)
    assert of_backends(modules) == set()
    assert "lambdakit.tracers" not in modules
    assert {"pydantic", "structlog", "asyncio"}.isdisjoint(modules)


@pytest.mark.parametrize(
    ("variables", "backend"),
    [
        ({"LAMBDAKIT_TRACER": "otel"}, "opentelemetry"),
        ({"LAMBDAKIT_TRACER": " OTel "}, "opentelemetry"),
        ({"LAMBDAKIT_TRACER": "xray"}, "aws_xray_sdk"),
        (LAMBDA | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "opentelemetry"),
        (LAMBDA | {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, "opentelemetry"),
        (LAMBDA | {"OTEL_TRACES_EXPORTER": "console"}, "opentelemetry"),
        (LAMBDA | {"OTEL_TRACES_EXPORTER": "otlp", "LAMBDAKIT_TRACER": "xray"}, "aws_xray_sdk"),
    ],
    ids=str,
)
def test_a_tracer_is_chosen_by_variables(variables: dict[str, str], backend: str) -> None:
    assert backend in of_backends(loaded_by(FIRST + "@traced\ndef handler(event, context): ...", **variables))


def test_a_provider_that_is_set_already_is_a_choice() -> None:
    code = (
        "from opentelemetry import trace\nfrom opentelemetry.sdk.trace import TracerProvider\n"
        "trace.set_tracer_provider(TracerProvider())\n"
        f"{FIRST}@traced\ndef handler(event, context): ...\n"
        "from lambdakit.tracing import _choice\nassert [*_choice._made] == ['otel']\n"
    )
    loaded_by(code)


def test_opentelemetrys_api_alone_is_none() -> None:
    code = f"from opentelemetry import trace\n{FIRST}{USED}\nfrom lambdakit.tracing import _choice\n"
    loaded_by(f"{code}assert not _choice._made")


def test_the_exporter_is_loaded_only_when_a_span_is_to_be_sent() -> None:
    modules = loaded_by(FIRST + "@traced\ndef handler(event, context): ...", LAMBDAKIT_TRACER="otel")
    assert not [name for name in modules if name.startswith(("opentelemetry.exporter", "requests", "google.protobuf"))]


def test_an_argument_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDAKIT_TRACER", "xray")
    tracer = OTelTracer()
    assert _choice.choose(tracer) is tracer


def test_a_tracer_that_a_variable_names_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDAKIT_TRACER", "xray")
    assert _choice.choose(None) is _choice.choose(None)
    assert isinstance(_choice.choose(None), XRayTracer)


def test_a_variable_that_names_no_tracer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDAKIT_TRACER", "jaeger")
    with pytest.raises(
        OptionError, match=r"@traced \(.*line \d+\): LAMBDAKIT_TRACER is 'otel', 'xray' or 'none', not 'jaeger'"
    ):
        traced(lambda event, context: None)


@pytest.mark.parametrize("tracer", ["otel", OTelTracer, object()])
def test_what_is_no_tracer_is_refused(tracer: Any) -> None:
    with pytest.raises(OptionError, match=r"@traced \(.*test_choice.py, line \d+\): tracer= takes an OTelTracer\(\)"):
        traced(tracer=tracer)
