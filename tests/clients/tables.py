"""A DynamoDB without tables, which notes who asks, and can refuse; and what gives a function its credentials."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Tables(ThreadingHTTPServer):
    """Answers `list_tables`, and, by GET, with the credentials that are next.

    Attributes:
        ports: The connection that each request came through, by its `Limit`.
        keys: The access keys of the requests.
        throttled: So many requests are refused from now on.
        credentials: What is given to those who ask for credentials; the last one again and again.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.ports: dict[int, int] = {}
        self.keys: list[str] = []
        self.throttled = 0
        self.credentials: list[Mapping[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    """Answers, and keeps the connection."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(200, None)

    def do_GET(self) -> None:
        assert isinstance(self.server, Tables)
        waiting = self.server.credentials
        self._answer(200, waiting.pop(0) if len(waiting) > 1 else waiting[0])

    def do_POST(self) -> None:
        assert isinstance(self.server, Tables)
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.ports[request.get("Limit", 0)] = self.client_address[1]
        self.server.keys.extend(re.findall(r"Credential=([^/]+)/", self.headers["Authorization"]))
        if self.server.throttled:
            self.server.throttled -= 1
            self._answer(400, {"__type": "ThrottlingException", "message": "slow down"})
        else:
            self._answer(200, {"TableNames": []})

    def _answer(self, status: int, document: object) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def running() -> Iterator[Tables]:
    """Start it."""
    with Tables() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
