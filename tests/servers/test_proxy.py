"""The proxy that fails on command: between a client and a server that echoes, and before a real Redis."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.redis import RedisServer


class Echo(socketserver.ThreadingTCPServer):
    """Answers each line with the same line in capitals, and keeps what it has read."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        super().__init__(("127.0.0.1", 0), EchoHandler)


class EchoHandler(socketserver.StreamRequestHandler):
    server: Echo

    def handle(self) -> None:
        try:
            for line in self.rfile:
                self.server.lines.append(line)
                self.wfile.write(line.upper())
        except ConnectionError:
            pass  # the proxy has cut the connection


@pytest.fixture(scope="module")
def echo_server() -> Iterator[Echo]:
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def echo(echo_server: Echo) -> Echo:
    echo_server.lines.clear()
    return echo_server


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.server_address[1]) as proxy:
        yield proxy


@contextmanager
def connected(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection((proxy.host, proxy.port), timeout=20) as connection:
        yield connection


def read(connection: socket.socket, size: int = 1000) -> bytes:
    """So many bytes, or all until the connection ends."""
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data


def ask(connection: socket.socket, line: bytes) -> bytes:
    """The whole reply to a line, or what came of it before the connection ended."""
    connection.sendall(line)
    return read(connection, len(line))


def test_bytes_pass_both_ways(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert [ask(connection, line) for line in (b"one\n", b"two\n")] == [b"ONE\n", b"TWO\n"]


def test_what_is_larger_than_a_buffer_passes_whole(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        line = b"x" * 500_000 + b"\n"
        assert ask(connection, line) == line.upper()


def test_a_client_that_has_said_all_still_hears_the_reply(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        connection.sendall(b"last\n")
        connection.shutdown(socket.SHUT_WR)
        assert read(connection) == b"LAST\n"


def test_many_connections_pass_at_once(proxy: Proxy) -> None:
    answers: dict[int, bytes] = {}

    def client(number: int) -> None:
        with connected(proxy) as connection:
            for _ in range(10):
                answers[number] = ask(connection, b"from %d\n" % number)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: b"FROM %d\n" % number for number in range(20)}


def test_a_server_that_is_down_refuses_new_connections_and_has_cut_the_old(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert ask(connection, b"one\n") == b"ONE\n"
        proxy.refuse()
        assert read(connection) == b""
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError), connected(proxy):
                pass


def test_the_server_comes_back_on_the_same_port(proxy: Proxy) -> None:
    port = proxy.port
    for _ in range(5):
        proxy.refuse()
        proxy.normal()
        assert proxy.port == port
        with connected(proxy) as connection:
            assert ask(connection, b"one\n") == b"ONE\n"


def test_any_other_fault_ends_the_refusal(proxy: Proxy) -> None:
    proxy.refuse()
    proxy.cut_reply()
    with connected(proxy) as connection:
        assert ask(connection, b"one\n") == b""


def test_a_swallowed_request_reaches_nobody_and_is_never_answered(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as connection:
        fault = proxy.swallow()
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            ask(connection, b"one\n")
        fault.wait_until_struck()
        assert echo.lines == []
        connection.settimeout(20)
        proxy.normal()
        assert read(connection) == b""  # cut: the server could make no sense of what comes now
    with connected(proxy) as connection:
        assert ask(connection, b"two\n") == b"TWO\n"
    assert echo.lines == [b"two\n"]


def test_a_held_reply_comes_when_it_is_let_go(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as connection:
        fault = proxy.hold()
        connection.sendall(b"one\n")
        fault.wait_until_struck()
        assert echo.lines == [b"one\n"]
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(20)
        proxy.normal()
        assert read(connection, 4) == b"ONE\n"


def test_a_held_reply_is_lost_if_the_server_goes_down(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        fault = proxy.hold()
        connection.sendall(b"one\n")
        fault.wait_until_struck()
        proxy.refuse()
        assert read(connection) == b""


def test_a_delayed_reply_comes_late(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        proxy.delay(0.2)
        connection.settimeout(0.02)
        with pytest.raises(TimeoutError):
            ask(connection, b"one\n")
        connection.settimeout(20)
        assert read(connection, 4) == b"ONE\n"


def test_a_delay_that_is_taken_back_is_over_at_once(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        fault = proxy.delay(3600)
        connection.sendall(b"one\n")
        fault.wait_until_struck()
        proxy.normal()
        assert read(connection, 4) == b"ONE\n"


def test_a_cut_request_does_not_reach_the_server(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as connection:
        fault = proxy.cut_request()
        assert ask(connection, b"one\n") == b""
        assert fault.struck == 1
    assert echo.lines == []


@pytest.mark.parametrize("after", [0, 1, 3, 4])
def test_a_cut_reply_ends_after_so_many_bytes_of_what_the_server_has_done(proxy: Proxy, echo: Echo, after: int) -> None:
    with connected(proxy) as connection:
        fault = proxy.cut_reply(after=after)
        connection.sendall(b"one\n")
        assert read(connection) == b"ONE\n"[:after]
        assert fault.struck == 1
    assert echo.lines == [b"one\n"]


def test_a_reply_that_is_too_short_is_not_cut(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        fault = proxy.cut_reply(after=5)
        assert ask(connection, b"one\n") == b"ONE\n"
        assert fault.struck == 0


def test_a_fault_strikes_as_often_as_it_was_told(proxy: Proxy) -> None:
    fault = proxy.cut_reply(times=2)
    answers = []
    for _ in range(4):
        with connected(proxy) as connection:
            answers.append(ask(connection, b"one\n"))
    assert answers == [b"", b"", b"ONE\n", b"ONE\n"]
    assert fault.struck == 2


def test_without_a_limit_a_fault_strikes_until_it_is_taken_away(proxy: Proxy) -> None:
    fault = proxy.cut_request(times=None)
    for _ in range(5):
        with connected(proxy) as connection:
            assert ask(connection, b"one\n") == b""
    assert fault.struck == 5


def test_only_the_request_that_was_named_is_struck(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as connection:
        fault = proxy.cut_reply(when=b"put")
        assert ask(connection, b"get 1\n") == b"GET 1\n"
        assert ask(connection, b"put 1\n") == b""
        assert fault.struck == 1
    assert echo.lines == [b"get 1\n", b"put 1\n"]


def test_a_name_is_found_in_pieces(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        fault = proxy.hold(when=b"put")
        for piece in (b"p", b"u", b"t", b" 1\n"):
            connection.sendall(piece)
        fault.wait_until_struck()


def test_a_name_is_not_found_across_two_requests(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        fault = proxy.cut_request(when=b"1\n2")
        assert [ask(connection, line) for line in (b"1\n", b"2\n")] == [b"1\n", b"2\n"]
        assert fault.struck == 0


def test_a_named_request_does_not_hold_the_next_one(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        fault = proxy.delay(0.02, when=b"put")
        assert [ask(connection, line) for line in (b"put\n", b"get\n", b"get\n")] == [b"PUT\n", b"GET\n", b"GET\n"]
        assert fault.struck == 1


def test_a_fault_concerns_only_the_connection_that_it_struck(proxy: Proxy) -> None:
    with connected(proxy) as struck, connected(proxy) as other:
        fault = proxy.hold(when=b"put")
        struck.sendall(b"put\n")
        fault.wait_until_struck()
        assert ask(other, b"get\n") == b"GET\n"


def test_a_fault_that_does_not_strike_is_reported(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.servers._faults._PATIENCE", 0.01)
    with pytest.raises(AssertionError, match="struck 0 times"):
        proxy.hold().wait_until_struck()


def test_a_server_that_really_is_down_ends_the_connection(echo: Echo) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with Proxy(nobody.getsockname()[1]) as proxy, connected(proxy) as connection:
            assert read(connection) == b""


def test_commands_from_many_threads_leave_the_proxy_whole(proxy: Proxy) -> None:
    commands: list[Callable[[], object]] = [proxy.refuse, proxy.normal, proxy.swallow, proxy.hold, proxy.cut_reply]

    def client() -> None:
        for _ in range(20):
            try:
                with connected(proxy) as connection:
                    connection.settimeout(0.01)
                    ask(connection, b"one\n")
            except OSError:
                pass

    def commander(first: int) -> None:
        for number in range(30):
            commands[(first + number) % len(commands)]()

    threads = [threading.Thread(target=client) for _ in range(4)]
    threads += [threading.Thread(target=commander, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    proxy.normal()
    with connected(proxy) as connection:
        assert ask(connection, b"one\n") == b"ONE\n"


def test_nothing_is_left_at_the_end(echo: Echo) -> None:
    before = set(threading.enumerate())
    with Proxy(echo.server_address[1]) as proxy, connected(proxy) as idle, connected(proxy) as held:
        assert ask(idle, b"one\n") == b"ONE\n"
        fault = proxy.hold()
        held.sendall(b"one\n")
        fault.wait_until_struck()
        proxy.__exit__(None, None, None)
        left = [thread.name for thread in set(threading.enumerate()) - before if "proxy" in thread.name]
        assert left == []
        with pytest.raises(ConnectionRefusedError), connected(proxy):
            pass


def test_a_write_whose_reply_is_lost_has_happened(redis_server: RedisServer) -> None:
    import redis

    url = redis_server.new_url()
    with (
        Proxy(redis_server.port) as proxy,
        redis.Redis.from_url(proxy.through(url), retry=None) as client,
        redis_server.client(url) as witness,
    ):
        lost = proxy.cut_reply(when=b"INCR")
        with pytest.raises(redis.ConnectionError):
            client.incr("count")
        assert lost.struck == 1
        assert witness.get("count") == b"1"
        assert client.incr("count") == 2
        proxy.cut_request(when=b"INCR")
        with pytest.raises(redis.ConnectionError):
            client.incr("count")
        assert witness.get("count") == b"2"
        proxy.refuse()
        with pytest.raises(redis.ConnectionError):
            client.incr("count")
        proxy.normal()
        assert client.incr("count") == 3
