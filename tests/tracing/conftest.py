"""What the tests of tracing share: a clean environment, and each backend in turn."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from lambdakit import traced
from lambdakit.testing import CapturedSpans
from lambdakit.tracers import OTelTracer, XRayTracer
from lambdakit.tracing import _choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdakit import Middleware

Ids: TypeAlias = "Callable[[Any], tuple[object, object]]"

BACKENDS: dict[str, Any] = {"otel": OTelTracer, "xray": XRayTracer}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine decides what is traced, and no tracer is kept."""
    for name in [*os.environ]:
        if name.startswith(("LAMBDAKIT_", "AWS_LAMBDA_", "AWS_XRAY_", "OTEL_", "_X_AMZN")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(_choice, "_made", {})


@pytest.fixture(params=["otel", "xray"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend in turn."""
    name: str = request.param
    return name


@pytest.fixture
def tracing(backend: str) -> Middleware:
    """`traced` with that backend."""
    return traced(tracer=BACKENDS[backend]())


@pytest.fixture
def spans(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CapturedSpans]:
    """The spans that have ended, whichever the backend; a handler with no tracer has this one."""
    monkeypatch.setenv("LAMBDAKIT_TRACER", backend)
    with CapturedSpans() as captured:
        yield captured
