"""The Lambda Runtime API, as one runtime client sees it.

Version 2018-06-01; see "Using the Lambda runtime API for custom runtimes" in the AWS Lambda Developer Guide.
SnapStart's `restore/next` and `restore/error`, which only AWS's own clients use, are answered too.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from selectors import EVENT_READ, BaseSelector
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_RESPONSE = 6 * 1024 * 1024 + 100
"""Bytes that a synchronous invocation may return: 6 MB, and room for Lambda's own."""

_VERSION = "/2018-06-01/runtime"
_MAX_LINE = 2 * 1024 * 1024
_PATIENCE = 5.0
"""Seconds for the rest of a request, once it has begun to come: the client is on this machine."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the runtime client posted for an invocation."""

    body: bytes
    failed: bool
    at: float
    """When it came, on the clock of `time.monotonic`."""


class _Request(NamedTuple):
    method: str
    path: str
    body: bytes


class _Connection:
    """One connection of the client: HTTP/1.1, kept alive, one request at a time.

    `http.server` cannot be used: it refuses header lines over 64 KiB, and the client describes an error to X-Ray in
    a header of up to 1 MiB.
    """

    def __init__(self, peer: socket.socket) -> None:
        peer.settimeout(_PATIENCE)
        self.socket = peer
        self._reader = peer.makefile("rb")

    def read(self) -> _Request | None:
        """The next request; None if the client has closed the connection, or does not speak HTTP."""
        try:
            method, path, _ = self._reader.readline(_MAX_LINE).decode("ascii").split()
            length = 0
            while header := self._reader.readline(_MAX_LINE).strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = self._reader.read(length)
        except (OSError, ValueError):
            return None
        return _Request(method, path, body) if len(body) == length else None

    def write(self, status: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        # In one piece: the second of two would wait some 40 ms for the client to acknowledge the first.
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)

    def close(self) -> None:
        self._reader.close()
        self.socket.close()


class RuntimeAPI:
    """A Runtime API on a free port of 127.0.0.1, for one process that is invoked once at a time.

    It has no thread: its sockets are in a selector, and whoever owns that calls back (`key.data()`) what is ready.

    Attributes:
        answer: What was posted for the last event that was sent; None until then.
        init_error: The error with which the process failed to start, as it was posted; None if it did not.
    """

    def __init__(self, selector: BaseSelector) -> None:
        self.answer: Answer | None = None
        self.init_error: bytes | None = None
        self._connections: set[_Connection] = set()
        self._waiting: _Connection | None = None
        self._request_id: str | None = None
        self._selector = selector
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        selector.register(self._listener, EVENT_READ, self._accept)

    @property
    def address(self) -> str:
        """`host:port`, for `AWS_LAMBDA_RUNTIME_API`."""
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    @property
    def idle(self) -> bool:
        """Whether the process has asked for an event, and waits for it."""
        return self._waiting is not None

    def send(self, request_id: str, event: bytes, headers: Mapping[str, str]) -> None:
        """Give the waiting process its next event."""
        if self._waiting is None:
            msg = "the process has not asked for an event"
            raise RuntimeError(msg)
        connection, self._waiting = self._waiting, None
        self._request_id, self.answer = request_id, None
        self._write(connection, "200 OK", event, headers)

    def close(self) -> None:
        """Close every socket."""
        for connection in [*self._connections]:
            self._drop(connection)
        self._selector.unregister(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        try:
            peer, _ = self._listener.accept()
        except BlockingIOError:  # the client has gone already
            return
        connection = _Connection(peer)
        self._connections.add(connection)
        self._selector.register(peer, EVENT_READ, lambda: self._serve(connection))

    def _serve(self, connection: _Connection) -> None:
        request = connection.read()
        if request is None:
            self._drop(connection)
            return
        current = f"/invocation/{self._request_id}" if self._request_id else None
        match request.method, request.path.removeprefix(_VERSION):
            case "GET", "/invocation/next":
                if self._request_id is not None:
                    self._refuse(connection, "403 Forbidden", "InvalidStateTransition", "answer the last event first")
                else:
                    self._waiting = connection
            case "POST", path if path == f"{current}/response":
                self._respond(connection, request.body)
            case "POST", path if path == f"{current}/error":
                self._finish(request.body, failed=True)
                self._write(connection, "202 Accepted")
            case "GET", "/restore/next":
                self._write(connection, "200 OK")
            case "POST", "/init/error" | "/restore/error":
                self.init_error = request.body
                self._write(connection, "202 Accepted")
            case _, path:
                self._refuse(connection, "404 Not Found", "InvalidRequest", f"no such endpoint or invocation: {path}")

    def _respond(self, connection: _Connection, body: bytes) -> None:
        if len(body) <= MAX_RESPONSE:
            self._finish(body, failed=False)
            self._write(connection, "202 Accepted")
            return
        limit = f"xceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
        message = f"Response payload size ({len(body)} bytes) e{limit}"
        error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
        self._finish(json.dumps(error).encode(), failed=True)
        self._refuse(connection, "413 Content Too Large", "RequestEntityTooLarge", f"E{limit}")

    def _finish(self, body: bytes, *, failed: bool) -> None:
        self.answer = Answer(body, failed, monotonic())
        self._request_id = None

    def _refuse(self, connection: _Connection, status: str, kind: str, message: str) -> None:
        self._write(connection, status, json.dumps({"errorType": kind, "errorMessage": message}).encode())

    def _write(
        self, connection: _Connection, status: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        try:
            connection.write(status, body, headers)
        except OSError:  # the client has died, or does not read; its owner sees that by itself
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        if connection not in self._connections:
            return
        if self._waiting is connection:
            self._waiting = None
        self._connections.remove(connection)
        self._selector.unregister(connection.socket)
        connection.close()
