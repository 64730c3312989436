"""A tracer provider from OpenTelemetry's own variables, made for Lambda.

See "Environment Variable Specification" of OpenTelemetry, and "FaaS" and "Cloud" among its semantic conventions for
resources.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

from lambdakit import _env
from lambdakit._extras import extra
from lambdakit.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from ._outbox import Outbox

_KNOWN = ("otlp", "console", "none")

_LEAST = 0.1  # seconds that a request may take in any case


class Made(NamedTuple):
    """A provider, and what has to be flushed of it.

    Attributes:
        provider: The provider.
        outbox: What waits to be sent by OTLP; None if nothing is sent that way.
        to_xray: Whether spans go to the X-Ray daemon, so that X-Ray decides which traces are recorded.
    """

    provider: TracerProvider
    outbox: Outbox | None
    to_xray: bool


def check_variables() -> None:
    """See whether what the variables ask for can be had.

    Raises:
        ConfigurationError: It cannot.
    """
    if unknown := [name for name in _env.otel_exporters() if name not in _KNOWN]:
        problem = f"OTEL_TRACES_EXPORTER asks for {unknown[0]!r}; lambdakit knows {', '.join(_KNOWN)}"
    elif (protocol := _env.otlp_protocol()) != "http/protobuf":
        problem = f"OTEL_EXPORTER_OTLP_PROTOCOL asks for {protocol!r}; lambdakit sends 'http/protobuf', to port 4318"
    else:
        return
    msg = f"{problem}. For anything else, make a TracerProvider and give it to OTelTracer(provider)."
    raise ConfigurationError(msg)


def make_provider(*, flush_within: float) -> Made:
    """Make the provider that the variables ask for.

    Args:
        flush_within: Seconds that a request may take, unless the variables say it: nobody waits for it any longer.
    """
    # What the user says of the resource goes before what Lambda says.
    resource = Resource.create(_function()).merge(OTELResourceDetector().detect())
    if service := _env.service():
        resource = resource.merge(Resource({"service.name": service}))
    provider = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
    outbox, daemon = None, _env.xray_daemon_address()
    exporters = _env.otel_exporters()
    to_xray = not exporters and daemon is not None and not _env.otlp_endpoint_is_set()
    # Each way to send is loaded by those who take it.
    if to_xray and daemon is not None:
        from ._otel_udp import add_to  # noqa: PLC0415

        add_to(provider, daemon)
    elif not exporters or "otlp" in exporters:
        from ._outbox import Outbox  # noqa: PLC0415

        most, at_once = _env.span_limits()
        outbox = Outbox(lambda: _otlp(flush_within), most=most, at_once=at_once)
        provider.add_span_processor(outbox)
    if "console" in exporters:
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor  # noqa: PLC0415

        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=_on_one_line)))
    return Made(provider, outbox, to_xray)


def _otlp(seconds: float) -> SpanExporter:
    with extra("otel", needed_by="OTelTracer"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - it takes 90 ms
            OTLPSpanExporter,
        )
    return OTLPSpanExporter() if _env.otlp_timeout_is_set() else OTLPSpanExporter(timeout=max(seconds, _LEAST))


def _on_one_line(span: Any) -> str:
    return f"{span.to_json(indent=None)}{os.linesep}"


def _function() -> dict[str, Any]:
    memory = _env.function_memory_size()
    group = _env.log_group_name()
    found = {
        "faas.name": _env.function_name(),
        "faas.version": _env.function_version(),
        "faas.instance": _env.log_stream_name(),
        "faas.max_memory": int(memory) * 1024 * 1024 if memory and memory.isdecimal() else None,
        "aws.log.group.names": [group] if group else None,
        "cloud.region": _env.region(),
    }
    if _env.in_lambda():
        found |= {"cloud.provider": "aws", "cloud.platform": "aws_lambda"}
    return {name: value for name, value in found.items() if value is not None}


class _Ids(IdGenerator):
    """Ids from the system. Those of the SDK come from `random`, which is the same in every restore of a snapshot."""

    def generate_span_id(self) -> int:
        return int.from_bytes(os.urandom(8), "big") or 1

    def generate_trace_id(self) -> int:
        return int.from_bytes(os.urandom(16), "big") or 1

    def is_trace_id_random(self) -> bool:
        return True
