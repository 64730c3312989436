"""A real Redis in cluster mode: two nodes, with half of the slots each."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import redis

from tests.servers._process import HOST, find_program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_SLOTS = 16384
_LOOKS = 300
"""At whether the nodes have found each other, 0.1 s apart: many times what they need."""


@contextmanager
def running_redis_cluster() -> Iterator[tuple[str, int]]:
    """A new cluster while the block runs; gives the host and the port of one node."""
    program = find_program("redis-server")
    buses: dict[int, int] = {}

    def command(port: int) -> list[str]:
        buses[port] = _free_port()
        options = ["--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"]
        return [program, *options, "--cluster-enabled", "yes", "--cluster-port", str(buses[port])]

    with ExitStack() as stack:
        ports = [stack.enter_context(running(command, ready="Ready to accept connections")) for _ in range(2)]
        nodes: list[Any] = [stack.enter_context(redis.Redis(HOST, port, decode_responses=True)) for port in ports]
        nodes[0].execute_command("CLUSTER", "ADDSLOTSRANGE", 0, _SLOTS // 2 - 1)
        nodes[1].execute_command("CLUSTER", "ADDSLOTSRANGE", _SLOTS // 2, _SLOTS - 1)
        nodes[0].execute_command("CLUSTER", "MEET", HOST, ports[1], buses[ports[1]])
        for node in nodes:
            _wait_until_ready(node)
        yield HOST, ports[0]


def _wait_until_ready(node: Any) -> None:
    for _ in range(_LOOKS):
        if node.cluster("INFO")["cluster_state"] == "ok":
            return
        node.execute_command("WAIT", 1, 100)  # for a replica, which there is not: 100 ms
    msg = "the nodes of the cluster did not find each other"
    raise AssertionError(msg)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
