"""Start a real server, wait until it says that it is ready, and stop it. What is the same for every server."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]

_GUARD = Path(__file__).with_name("_guard.py")
_START = 60.0
"""Seconds that a server may take to start: many times what it needs, since other things run on the machine, too."""
_STOP = 30.0
"""Seconds that the guard may take to end, which kills a server that does not stop in time."""
_ATTEMPTS = 5
"""How often a server is started, if each time another process has just taken the port."""
_PORT_TAKEN = re.compile(r"EADDRINUSE|address( is)? already in use|address already used", re.IGNORECASE)


class ServerError(Exception):
    """A server did not start, or did not stay; the message has what it wrote."""


def find_program(name: str, *directories: Path) -> str:
    """The path of a server's program: on PATH, else in one of some directories."""
    for path in (None, *directories):
        if program := shutil.which(name, path=path):
            return program
    msg = f"{name} is not installed: run `make parts`, which sets up what the tests need"
    raise ServerError(msg)


@contextmanager
def running(
    command_for: Callable[[int], Sequence[str]], *, ready: str, stop_signal: int = SIGTERM, user: str = ""
) -> Iterator[int]:
    """Run a server on a free port of 127.0.0.1 while the block runs, in a directory that is removed with it.

    Args:
        command_for: Makes the command, given the port.
        ready: A regular expression of what the server writes once it accepts connections.
        stop_signal: What makes it stop at once.
        user: Whom it runs as; by default who runs the tests.

    Yields:
        The port.

    Raises:
        ServerError: The server did not start; or it had ended before the block did.
    """
    for left in reversed(range(_ATTEMPTS)):
        port = _free_port()
        process = _Process(command_for(port), ready=ready, stop_signal=stop_signal, user=user)
        try:
            process.wait_until_ready()
        except ServerError as error:
            process.stop()
            if not (left and _PORT_TAKEN.search(str(error))):
                raise
        except BaseException:
            process.stop()
            raise
        else:
            break
    try:
        yield port
    finally:
        process.stop()


class _Process:
    def __init__(self, command: Sequence[str], *, ready: str, stop_signal: int, user: str) -> None:
        self._ready = re.compile(ready)
        self._name = Path(command[0]).name
        self._started: Future[None] = Future()
        self._written: list[str] = []
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", _GUARD, str(int(stop_signal)), user, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # an interrupt from the keyboard is for the tests, which still need the server
        )
        self._reader = Thread(target=self._read, name=f"output of {self._name}", daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        try:
            self._started.result(_START)
        except TimeoutError:
            raise self._error(f"was not ready within {_START} s") from None

    def stop(self) -> None:
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        self._guard.stdin.close()  # which is how the guard is told
        status = self._guard.wait(_STOP)
        self._reader.join(_STOP)
        self._guard.stdout.close()
        if status and self._started.exception() is None:
            raise self._error("ended while the tests still needed it, or did not stop when it should")

    def _read(self) -> None:
        assert self._guard.stdout is not None
        for line in self._guard.stdout:
            self._written.append(line)
            del self._written[:-200]
            if not self._started.done() and self._ready.search(line):
                self._started.set_result(None)
        if not self._started.done():
            self._started.set_exception(self._error("did not start"))

    def _error(self, what: str) -> ServerError:
        return ServerError(f"{self._name} {what}. It wrote:\n{''.join(self._written) or 'nothing'}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
