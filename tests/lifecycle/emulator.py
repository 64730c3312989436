"""AWS's Lambda Runtime Interface Emulator, its own binary, with a function in it. `make parts` fetches it."""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
BINARY = Path(__file__).parents[2] / ".parts" / f"aws-lambda-rie-{_MACHINES[platform.machine()]}"

_UP = 20.0  # seconds that it may take to start, on a machine that has other things to do


class Emulator:
    """A function that real time-outs end. One request at a time: it cannot do with two."""

    def __init__(self, port: int, output: Path) -> None:
        self._port = port
        self._output = output

    def invoke(self, event: object) -> Any:
        """Send an event; give the answer, or the document of the error."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations", json.dumps(event).encode()
        )
        with urllib.request.urlopen(request, timeout=_UP) as reply:
            body = reply.read()
        try:
            return json.loads(body)
        except ValueError:  # what it says of a time-out is no JSON
            return body.decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines that the function has written."""
        lines = self._output.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def running(
    handler: str, *, task_root: Path, timeout: int, variables: Mapping[str, str], log: Path
) -> Iterator[Emulator]:
    """Start it.

    Args:
        handler: As Lambda calls it: `app.handler`.
        task_root: Where the handler's module is.
        timeout: Seconds that an invocation may take.
        variables: Of the function.
        log: A file for all that is written.
    """
    invocations, runtime = _free_ports()
    command = [
        str(BINARY),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{invocations}"),
        *("--runtime-api-address", f"127.0.0.1:{runtime}"),
        *(sys.executable, "-m", "awslambdaric", handler),
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(task_root),
        "LAMBDA_TASK_ROOT": str(task_root),
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        **variables,
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL, process_group=0
        )
        try:
            _wait_for(invocations, process)
            yield Emulator(invocations, log)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    from time import monotonic, sleep

    until = monotonic() + _UP
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert monotonic() < until, "the emulator did not start"
            sleep(0.01)
        else:
            return
    msg = f"the emulator ended with {process.returncode}"
    raise AssertionError(msg)
