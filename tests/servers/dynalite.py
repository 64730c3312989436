"""dynalite, a DynamoDB written by others: no old item in a failed condition, no transactions, no UpdateTimeToLive."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers._aws import AWSServer
from tests.servers._process import HOST, ROOT, find_program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRAMS = ROOT / ".parts" / "node_modules" / ".bin"


class DynaliteServer(AWSServer):
    """Where a dynalite is. It has DynamoDB only."""


@contextmanager
def running_dynalite() -> Iterator[DynaliteServer]:
    """A new dynalite, in memory, while the block runs. Tables are there as soon as they are made."""
    node, program = find_program("node"), find_program("dynalite", _PROGRAMS)

    def command(port: int) -> list[str]:
        at_once = ["--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0"]
        return [node, program, "--host", HOST, "--port", str(port), *at_once]

    with running(command, ready="Dynalite listening") as port:
        yield DynaliteServer(HOST, port)
