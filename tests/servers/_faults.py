"""What can go wrong between a client and a server, as the proxy does it.

Connections call from threads of their own.
"""

from __future__ import annotations

from threading import Condition, Event
from typing import Protocol

_PATIENCE = 30.0
"""Seconds that a test waits for a fault to strike."""


class Cut(Exception):
    """The connection is to end now."""


class Connection(Protocol):
    """A connection through the proxy."""

    def to_client(self, data: bytes) -> None: ...

    def to_server(self, data: bytes) -> None: ...

    def cut(self) -> None: ...


class Exchange:
    """A request, which may come in several pieces, and its reply."""

    def __init__(self) -> None:
        self.request = b""
        self.chosen = False
        """Whether the fault strikes here."""
        self.replied = 0
        """So many bytes of the reply have come."""


class Fault:
    """A fault that is set; what it does to an exchange that it has not chosen is nothing.

    Attributes:
        struck: So many requests or replies it has struck.
    """

    def __init__(self, *, when: bytes, times: int | None) -> None:
        self.struck = 0
        self._when = when
        self._left = times
        self._changed = Condition()
        self._exchanges: dict[Connection, Exchange] = {}

    def wait_until_struck(self, times: int = 1) -> None:
        """Return once it has struck so many times; AssertionError if it does not come to that."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.struck >= times, _PATIENCE), f"struck {self.struck} times"

    def request(self, connection: Connection, data: bytes) -> None:
        """Bytes of a client: by default they pass."""
        self._choose(connection, data)
        connection.to_server(data)

    def reply(self, connection: Connection, data: bytes) -> None:
        """Bytes of the server: by default they pass."""
        self._exchange(connection).replied += len(data)
        connection.to_client(data)

    def end(self) -> None:
        """Another fault, or none, takes the place of this one."""

    def _choose(self, connection: Connection, data: bytes) -> Exchange:
        with self._changed:
            exchange = self._exchanges.get(connection)
            if exchange is None or exchange.replied:  # what a client sends after a reply is the next request
                exchange = self._exchanges[connection] = Exchange()
            exchange.request += data
            if not exchange.chosen and self._left != 0 and self._when in exchange.request:
                exchange.chosen = True
                if self._left is not None:
                    self._left -= 1
            return exchange

    def _exchange(self, connection: Connection) -> Exchange:
        with self._changed:
            # None: the request came before this fault was set.
            return self._exchanges.get(connection) or Exchange()

    def _strike(self) -> None:
        with self._changed:
            self.struck += 1
            self._changed.notify_all()


class NoFault(Fault):
    """Bytes pass."""

    def __init__(self) -> None:
        super().__init__(when=b"", times=0)

    def request(self, connection: Connection, data: bytes) -> None:
        connection.to_server(data)

    def reply(self, connection: Connection, data: bytes) -> None:
        connection.to_client(data)


class Swallow(Fault):
    """Requests vanish."""

    def request(self, connection: Connection, data: bytes) -> None:
        before = self._exchange(connection).chosen
        if not self._choose(connection, data).chosen:
            connection.to_server(data)
        elif not before:
            self._strike()

    def end(self) -> None:
        with self._changed:
            robbed = [connection for connection, exchange in self._exchanges.items() if exchange.chosen]
        for connection in robbed:
            connection.cut()


class Hold(Fault):
    """Replies come late: after so many seconds, or, if None, when the fault ends."""

    def __init__(self, seconds: float | None, *, when: bytes, times: int | None) -> None:
        super().__init__(when=when, times=times)
        self._seconds = seconds
        self._over = Event()

    def reply(self, connection: Connection, data: bytes) -> None:
        exchange = self._exchange(connection)
        if exchange.chosen:
            if not exchange.replied:
                self._strike()
            self._over.wait(self._seconds)
        super().reply(connection, data)

    def end(self) -> None:
        self._over.set()


class CutRequest(Fault):
    """The connection is cut when the request comes."""

    def request(self, connection: Connection, data: bytes) -> None:
        if self._choose(connection, data).chosen:
            self._strike()
            raise Cut
        connection.to_server(data)


class CutReply(Fault):
    """The connection is cut when so many bytes of the reply have passed."""

    def __init__(self, after: int, *, when: bytes, times: int | None) -> None:
        super().__init__(when=when, times=times)
        self._after = after

    def reply(self, connection: Connection, data: bytes) -> None:
        exchange = self._exchange(connection)
        if not exchange.chosen:
            return super().reply(connection, data)
        connection.to_client(data[: self._after - exchange.replied])
        exchange.replied += len(data)
        if exchange.replied >= self._after:
            self._strike()
            raise Cut
        return None
