"""A TCP proxy that fails on command, to stand between a client and a real server.

with Proxy(redis_server.port) as proxy:
    client = connect(proxy.through(redis_server.new_url()))
    lost = proxy.cut_reply(when=b"EVALSHA")
    ...                                        # the script has run on the server, and its reply is lost
    assert lost.struck == 1

The proxy has one fault at a time: each call sets it, `normal()` takes it away. It holds for connections that are open
already, too, for what they send from then on.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, RLock, Thread
from typing import TYPE_CHECKING

from tests.servers._faults import Cut, CutReply, CutRequest, Fault, Hold, NoFault, Swallow

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_HOST = "127.0.0.1"


class Proxy:
    """A proxy on a port of its own, from entering to leaving its block; its threads and sockets end with the block.

    A fault with `when` waits for a connection to send these bytes, and strikes that connection only: a command's name,
    `b"PutItem"` in the header of a request to DynamoDB, a word of an SQL statement. Without it the next bytes that a
    connection sends will do, a new client's greeting of the server among them. Bytes that come in several pieces are
    found, too.

    With `times` a fault strikes so many times, and bytes then pass as if there were none: so the first attempt fails,
    and the client's next one succeeds. None is no limit.

    Clients are taken to wait for the reply to a request before they send the next one on a connection.
    """

    def __init__(self, server_port: int) -> None:
        self._server = (_HOST, server_port)
        self._fault: Fault = NoFault()
        self._one_command = RLock()
        self._lock = Lock()
        self._connections: set[_Connection] = set()
        # Bound and never listening: it keeps the port while connections are refused.
        self._reserved = _bound(0)
        self.host = _HOST
        self.port: int = self._reserved.getsockname()[1]
        self._listener: socket.socket | None = None
        self._acceptor: Thread | None = None

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.refuse()
        self._reserved.close()

    def through(self, url: str) -> str:
        """A URL of the server, with the proxy's port instead."""
        server, proxy = f"{_HOST}:{self._server[1]}", f"{self.host}:{self.port}"
        assert server in url, f"{url} is not at {server}"
        return url.replace(server, proxy, 1)

    def normal(self) -> None:
        """No fault: bytes pass. What was held passes, too; connections of which bytes were swallowed are cut."""
        self._set(NoFault())

    def refuse(self) -> None:
        """The server is down: connections are cut, new ones are refused."""
        with self._one_command:
            if self._listener is not None and self._acceptor is not None:
                with suppress(OSError):  # macOS has no such thing; there it is the closing that wakes who accepts
                    self._listener.shutdown(socket.SHUT_RDWR)
                self._listener.close()
                self._acceptor.join()
                self._listener = self._acceptor = None
            with self._lock:
                connections = list(self._connections)
            for connection in connections:
                connection.cut()
            self._replace(NoFault())  # after the cut: what was held is lost
            for connection in connections:
                connection.join()

    def swallow(self, *, when: bytes = b"") -> Fault:
        """Connections are accepted; requests do not reach the server, and are never answered."""
        return self._set(Swallow(when=when, times=None))

    def hold(self, *, when: bytes = b"", times: int | None = None) -> Fault:
        """Requests reach the server; replies wait until the next fault is set, or `normal()` is called."""
        return self._set(Hold(None, when=when, times=times))

    def delay(self, seconds: float, *, when: bytes = b"", times: int | None = None) -> Fault:
        """Requests reach the server; each piece of a reply comes so many seconds late, unless `normal()` is called."""
        return self._set(Hold(seconds, when=when, times=times))

    def cut_request(self, *, when: bytes = b"", times: int | None = 1) -> Fault:
        """The connection is cut when the request comes: the server never sees it, or not all of it."""
        return self._set(CutRequest(when=when, times=times))

    def cut_reply(self, *, when: bytes = b"", after: int = 0, times: int | None = 1) -> Fault:
        """The connection is cut when the server has replied: what was asked is done, and the client does not know.

        Args:
            when: What the request must hold.
            after: So many bytes of the reply reach the client. If there are not so many, the connection is not cut.
            times: How often.
        """
        return self._set(CutReply(after, when=when, times=times))

    def _set(self, fault: Fault) -> Fault:
        with self._one_command:
            self._replace(fault)
            self._listen()
        return fault

    def _replace(self, fault: Fault) -> None:
        previous, self._fault = self._fault, fault
        previous.end()

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = _bound(self.port)
            self._listener.listen(128)
            self._acceptor = Thread(target=self._accept, args=(self._listener,), name="proxy", daemon=True)
            self._acceptor.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # closed
            try:
                server = socket.create_connection(self._server)
            except OSError:
                client.close()
                continue
            connection = _Connection(self, client, server)
            with self._lock:
                self._connections.add(connection)
            connection.start()

    def fault(self) -> Fault:
        """What is wrong now. For connections."""
        return self._fault

    def forget(self, connection: _Connection) -> None:
        """A connection has ended. For connections."""
        with self._lock:
            self._connections.discard(connection)


class _Connection:
    """A client's connection, and the one to the server that belongs to it: a thread for each direction."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = Thread(target=self._pass_requests, name="requests through the proxy", daemon=True)
        self._replies = Thread(target=self._pass_replies, name="replies through the proxy", daemon=True)

    def start(self) -> None:
        self._replies.start()
        self._requests.start()

    def join(self) -> None:
        self._requests.join()

    def cut(self) -> None:
        """End both directions, which wakes their threads."""
        for end in (self._client, self._server):
            with suppress(OSError):  # it has ended
                end.shutdown(socket.SHUT_RDWR)

    def to_client(self, data: bytes) -> None:
        self._client.sendall(data)

    def to_server(self, data: bytes) -> None:
        self._server.sendall(data)

    def _pass_requests(self) -> None:
        try:
            while data := self._client.recv(65536):
                self._proxy.fault().request(self, data)
            self._server.shutdown(socket.SHUT_WR)
        except (OSError, Cut):
            self.cut()
        self._replies.join()
        self._proxy.forget(self)
        self._client.close()
        self._server.close()

    def _pass_replies(self) -> None:
        try:
            while data := self._server.recv(65536):
                self._proxy.fault().reply(self, data)
        except (OSError, Cut):
            pass
        self.cut()


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((_HOST, port))
    except BaseException:
        bound.close()
        raise
    return bound
