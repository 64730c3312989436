"""Spans in OpenTelemetry's format for the X-Ray daemon, which Lambda runs beside each function: a datagram each.

The format is that of AWS's own distribution of OpenTelemetry ("AWS X-Ray UDP exporter"): the daemon's header, then
`T1S` (sampled trace, version 1) and the OTLP request in base64.
"""

from __future__ import annotations

import logging
import socket
from base64 import b64encode
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

_HEADER = b'{"format":"json","version":1}\nT1S'

_MOST = 64_000  # bytes; a datagram holds some 65,500

log = logging.getLogger("lambdakit.tracing")


def add_to(provider: TracerProvider, address: str) -> None:
    """Send all spans of a provider to the daemon, each when it ends: a datagram makes nobody wait."""
    provider.add_span_processor(SimpleSpanProcessor(UDPExporter(address)))


class UDPExporter(SpanExporter):
    """Sends spans to the X-Ray daemon, as datagrams, so it never waits; loss is told once.

    Args:
        address: Of the daemon, as `AWS_XRAY_DAEMON_ADDRESS` has it.
    """

    def __init__(self, address: str) -> None:
        self._address = _udp(address)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._told = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send each span by itself, since all of an invocation may not fit into one datagram."""
        # Loaded when there is a span to be sent: protobuf takes 50 ms.
        from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans  # noqa: PLC0415

        result = SpanExportResult.SUCCESS
        for span in spans:
            datagram = _HEADER + b64encode(encode_spans([span]).SerializeToString())
            problem: object = None
            if len(datagram) > _MOST:
                problem = f"it takes {len(datagram)} bytes, and a datagram holds {_MOST}"
            else:
                try:
                    self._socket.sendto(datagram, self._address)
                except OSError as error:
                    problem = error
            if problem is not None:
                result = SpanExportResult.FAILURE
                if not self._told:
                    self._told = True
                    log.error("the span %r was lost on the way to the X-Ray daemon: %s", span.name, problem)
        return result

    def shutdown(self) -> None:
        """Close the socket."""
        self._socket.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        del timeout_millis
        return True


def _udp(address: str) -> tuple[str, int]:
    """`127.0.0.1:2000`, or `tcp:127.0.0.1:2000 udp:127.0.0.1:2000`."""
    for part in address.split():
        if not part.startswith("tcp:"):
            host, _, port = part.removeprefix("udp:").rpartition(":")
            return host, int(port)
    raise ValueError(address)
