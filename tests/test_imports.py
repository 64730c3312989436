"""What importing costs: which modules are loaded by what, and that the order of imports does not matter."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import lambdakit

HEAVY = (
    "pydantic",
    "structlog",
    "asyncio",
    "boto3",
    "botocore",
    "opentelemetry",
    "aws_xray_sdk",
    "inspect",
    "dataclasses",
)

CORE = {
    "lambdakit",
    "lambdakit._callables",
    "lambdakit._core",
    "lambdakit._env",
    "lambdakit._invocation",
    "lambdakit._lazy",
    "lambdakit._middleware",
    "lambdakit._step",
    "lambdakit.errors",
}

MAY_LOAD = {
    "import lambdakit": {"lambdakit", "lambdakit._lazy"},
    "from lambdakit import Handler, middleware, stack, current, blocking": CORE,
    "from lambdakit import sqs_batch": CORE
    | {
        "lambdakit._configurable",
        "lambdakit._counted",
        "lambdakit._trace_context",
        "lambdakit.batch",
        "lambdakit.batch._engine",
        "lambdakit.batch._options",
        "lambdakit.batch._records",
        "lambdakit.batch._time",
        "lambdakit.batch._work",
        "lambdakit.batch._workers",
        "lambdakit.batch.sqs",
    },
    "from lambdakit import span, traced": CORE
    | {
        "lambdakit._configurable",
        "lambdakit._trace_context",
        "lambdakit.tracing",
        "lambdakit.tracing._choice",
        "lambdakit.tracing._span",
        "lambdakit.tracing._traced",
    },
    "from lambdakit import log, logged": CORE
    | {
        "lambdakit._configurable",
        "lambdakit._log_context",
        "lambdakit._trace_context",
        "lambdakit.logging",
        "lambdakit.logging._buffer",
        "lambdakit.logging._correlation",
        "lambdakit.logging._cut",
        "lambdakit.logging._errors",
        "lambdakit.logging._levels",
        "lambdakit.logging._line",
        "lambdakit.logging._logger",
        "lambdakit.logging._output",
        "lambdakit.logging._redaction",
        "lambdakit.logging._settings",
        "lambdakit.logging._terminal",
        "lambdakit.logging._values",
    },
    "from lambdakit import client, lazy, lazy_import, override, prewarm": CORE
    | {
        "lambdakit._boto3",
        "lambdakit._configurable",
        "lambdakit._extras",
        "lambdakit._snapshots",
        "lambdakit.clients",
        "lambdakit.clients._client",
        "lambdakit.clients._lazy",
        "lambdakit.clients._module",
        "lambdakit.clients._on_loops",
        "lambdakit.clients._once",
        "lambdakit.clients._override",
        "lambdakit.clients._prewarm",
        "lambdakit.clients._proxy",
    },
    "from lambdakit import after_restore, before_snapshot, deadline, on_shutdown, warmup": CORE
    | {
        "lambdakit._configurable",
        "lambdakit._interrupts",
        "lambdakit._snapshots",
        "lambdakit.lifecycle",
        "lambdakit.lifecycle._deadline",
        "lambdakit.lifecycle._hooks",
        "lambdakit.lifecycle._warmup",
    },
    "from lambdakit import idempotent; from lambdakit.stores import MemoryStore": CORE
    | {
        "lambdakit._annotations",
        "lambdakit._claim",
        "lambdakit._configurable",
        "lambdakit._counted",
        "lambdakit._interrupts",
        "lambdakit._log_context",
        "lambdakit._payload",
        "lambdakit._payload.decoding",
        "lambdakit._payload.origin",
        "lambdakit._trace_context",
        "lambdakit.idempotency",
        "lambdakit.idempotency._arguments",
        "lambdakit.idempotency._cache",
        "lambdakit.idempotency._calls",
        "lambdakit.idempotency._canonical",
        "lambdakit.idempotency._durable",
        "lambdakit.idempotency._function",
        "lambdakit.idempotency._idempotent",
        "lambdakit.idempotency._keys",
        "lambdakit.idempotency._life",
        "lambdakit.idempotency._options",
        "lambdakit.idempotency._results",
        "lambdakit.idempotency._store",
        "lambdakit.stores",
        "lambdakit.stores.memory",
    },
    "from lambdakit import measured, metrics": CORE
    | {
        "lambdakit._configurable",
        "lambdakit._counted",
        "lambdakit.metering",
        "lambdakit.metering._collector",
        "lambdakit.metering._emf",
        "lambdakit.metering._metrics",
        "lambdakit.metering._rules",
        "lambdakit.metering._series",
        "lambdakit.metering._timer",
    },
}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after it ran some code."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    output = subprocess.run([sys.executable, "-I", "-c", script], check=True, capture_output=True, text=True).stdout
    return set(json.loads(output.splitlines()[-1]))


def modules() -> list[str]:
    """Every module of lambdakit that can be loaded without an extra."""
    found = pkgutil.walk_packages(lambdakit.__path__, "lambdakit.")
    return sorted(info.name for info in found if not info.name.startswith("lambdakit.cli."))


@pytest.mark.parametrize("code", MAY_LOAD)
def test_each_feature_loads_its_own_modules_and_nothing_heavy(code: str) -> None:
    loaded = loaded_by(code)
    assert {name for name in loaded if name.split(".")[0] == "lambdakit"} == MAY_LOAD[code]
    assert {name.split(".")[0] for name in loaded}.isdisjoint(HEAVY)


def test_a_plain_handler_runs_without_anything_heavy() -> None:
    code = (
        "from lambdakit import middleware\n"
        "@middleware\n"
        "async def passing(event, call_next): return await call_next(event)\n"
        "@passing\n"
        "def handler(event, context): return event\n"
        "assert handler({'a': 1}, None) == {'a': 1}\n"
    )
    assert {name.split(".")[0] for name in loaded_by(code)}.isdisjoint(HEAVY)


@pytest.mark.parametrize("order", ["names first", "modules first"])
def test_every_public_name_is_the_same_object_whatever_is_imported_first(order: str) -> None:
    take_names = "before = {name: getattr(lambdakit, name) for name in lambdakit.__all__}\n"
    take_modules = f"for name in {modules()!r}: importlib.import_module(name)\n"
    code = (
        "import importlib, lambdakit\n"
        + (take_names + take_modules if order == "names first" else take_modules + take_names)
        + "for name, value in before.items():\n"
        "    assert getattr(lambdakit, name) is value, name\n"
        "    assert type(value).__name__ != 'module', name\n"
        "    exec(f'from lambdakit import {name}')\n"
    )
    loaded_by(code)


@pytest.mark.parametrize("name", lambdakit.__all__)
def test_every_public_name_can_be_imported_alone(name: str) -> None:
    assert getattr(lambdakit, name) is not None


def test_the_public_names_are_sorted_and_listed_by_dir() -> None:
    assert list(lambdakit.__all__) == sorted(lambdakit.__all__)
    assert set(lambdakit.__all__) <= set(dir(lambdakit))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'lambdakit' has no attribute 'loged'"):
        lambdakit.loged  # noqa: B018
