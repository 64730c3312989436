"""moto's server behind one lock: `python _moto_app.py HOST PORT`.

moto itself holds none, so two of several conditional writes at a time can both succeed, which DynamoDB excludes.
"""

from __future__ import annotations

import sys
from threading import Lock
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class OneAtATime:
    """A WSGI application that handles one request at a time."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with self._lock:
            return list(self._application(environ, start_response))


class QuietHandler(WSGIRequestHandler):
    """Writes no line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(host: str, port: str) -> None:
    application = OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server(host, int(port), application, threaded=True, request_handler=QuietHandler)
    print("moto is ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
