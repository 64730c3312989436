"""What spans are really sent to in tests: a receiver of OTLP over HTTP, good or bad, and one of datagrams."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

Mode = Literal["good", "refusing", "unavailable", "slow", "cutting"]


@dataclass(frozen=True)
class Received:
    """A span as it arrived."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    links: list[str]
    events: list[str]
    status: int
    message: str
    start: int
    end: int
    scope: str
    resource: dict[str, Any] = field(repr=False)


def spans_in(body: bytes) -> list[Received]:
    """Decode an export request."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        Received(
            name=span.name,
            kind=span.kind,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            attributes=_values(span.attributes),
            links=[link.trace_id.hex() for link in span.links],
            events=[event.name for event in span.events],
            status=span.status.code,
            message=span.status.message,
            start=span.start_time_unix_nano,
            end=span.end_time_unix_nano,
            scope=scope.scope.name,
            resource=_values(group.resource.attributes),
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Iterable[Any]) -> dict[str, Any]:
    found = {}
    for attribute in attributes:
        kind = attribute.value.WhichOneof("value")
        value = getattr(attribute.value, kind)
        found[attribute.key] = [part.string_value for part in value.values] if kind == "array_value" else value
    return found


class Collector:
    """A receiver of OTLP over HTTP, in a thread, on a free port; it can be made to misbehave.

    Attributes:
        mode: `good`; `refusing` answers 400, `unavailable` 503; `slow` answers when it is told to; `cutting` ends the
            connection.
        requests: How many came.
    """

    def __init__(self) -> None:
        self.mode: Mode = "good"
        self.requests = 0
        self._spans: list[Received] = []
        self._connections: list[socket.socket] = []
        self._changed = threading.Condition()
        self.go_on = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                collector._connections.append(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector._answer(self, body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that has gone away is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def spans(self) -> list[Received]:
        """What has arrived, in the order it was started in."""
        with self._changed:
            return sorted(self._spans, key=lambda span: span.start)

    def wait_for(self, arrived: Callable[[Collector], bool], seconds: float = 20.0) -> None:
        """Wait until something is true of what has arrived."""
        until = monotonic() + seconds
        with self._changed:
            while not arrived(self):
                assert self._changed.wait(until - monotonic()), "it did not arrive in time"

    def drop_connections(self) -> None:
        """End all connections that are open, as a server does with idle ones."""
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended
                pass
        self._connections.clear()

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._changed:
            self.requests += 1
            self._changed.notify_all()
        if self.mode == "cutting":
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.mode == "slow":
            self.go_on.wait(60)
        if self.mode in ("refusing", "unavailable"):
            request.send_response(400 if self.mode == "refusing" else 503)
        else:
            with self._changed:
                self._spans.extend(spans_in(body))
                self._changed.notify_all()
            request.send_response(200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Daemon:
    """What the X-Ray daemon receives: each datagram, its header taken off."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(5)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def receive(self, count: int) -> list[str]:
        """So many datagrams; fewer are an error."""
        return [self._body(self._socket.recv(70_000)) for _ in range(count)]

    def documents(self, count: int) -> list[dict[str, Any]]:
        """So many documents of X-Ray, in the order they were started in."""
        return sorted(map(json.loads, self.receive(count)), key=lambda document: document["start_time"])

    def spans(self, count: int) -> list[Received]:
        """So many spans of OpenTelemetry, in the order they were started in."""
        found = []
        for body in self.receive(count):
            assert body.startswith("T1S")
            found += spans_in(b64decode(body[3:], validate=True))
        return sorted(found, key=lambda span: span.start)

    def rest(self) -> list[str]:
        """Whatever else has arrived."""
        self._socket.setblocking(False)
        found = []
        while True:
            try:
                found.append(self._body(self._socket.recv(70_000)))
            except BlockingIOError:
                self._socket.settimeout(5)
                return found

    def close(self) -> None:
        self._socket.close()

    @staticmethod
    def _body(datagram: bytes) -> str:
        header, _, body = datagram.partition(b"\n")
        assert json.loads(header) == {"format": "json", "version": 1}
        return body.decode()
