"""One process of AWS's runtime client, and what it wrote."""

from __future__ import annotations

import os
import subprocess
from array import array
from contextlib import suppress
from fcntl import ioctl
from selectors import EVENT_READ, DefaultSelector
from signal import SIGKILL
from termios import FIONREAD
from time import monotonic
from typing import TYPE_CHECKING

from ._runtime_api import RuntimeAPI

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LOOK = 0.05
"""Seconds between two looks at whether the process is alive, where its sockets and its pipe do not tell."""
_REAP = 10.0
"""Seconds that the kernel may take to end a process that was killed."""


class Sandbox:
    """One process of the runtime client with the Runtime API that it talks to.

    There are no threads: the caller's own serves the process while it waits for it. In between nobody does, which is
    as in Lambda, where a sandbox is frozen between two invocations.

    Attributes:
        api: The Runtime API of this process.
        started: When the process was started, on the clock of `time.monotonic`.
    """

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> None:
        self._selector = DefaultSelector()
        self.api = RuntimeAPI(self._selector)
        self._pipe, output = os.pipe()
        self._written = bytearray()
        self._selector.register(self._pipe, EVENT_READ, self._read)
        self.started = monotonic()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                command,
                cwd=directory,
                env={**environment, "AWS_LAMBDA_RUNTIME_API": self.api.address},
                stdin=subprocess.DEVNULL,
                stdout=output,  # one pipe for both keeps their order
                stderr=output,
                process_group=0,  # what the handler starts goes down with it
            )
        except BaseException:
            self._close()
            raise
        finally:
            os.close(output)

    @property
    def exit_status(self) -> int | None:
        """The exit status of the process, or minus the signal that ended it; None while it lives."""
        return self._process.poll()

    def run(self, until: float) -> bool:
        """Serve the process until it waits for an event, has ended, or it is `until` on the clock of `monotonic`.

        Returns:
            Whether the process waits for an event.
        """
        while not self.api.idle and self.exit_status is None and (left := until - monotonic()) > 0:
            for key, _ in self._selector.select(min(left, _LOOK)):
                key.data()
        return self.api.idle

    def lines(self) -> tuple[str, ...]:
        """The lines that the process wrote since the last call, to stdout and stderr, in the order of writing.

        Complete once the process waits for an event, or has ended: a write to a pipe returns when the bytes are in
        the kernel's buffer, and the process asks for its next event after that. So whatever it wrote before is
        there to be read. Only as much is taken as is there now, since a thread of the handler may go on writing.
        """
        available = array("i", [0])
        ioctl(self._pipe, FIONREAD, available)
        while available[0] > 0:
            chunk = os.read(self._pipe, available[0])
            self._written += chunk
            available[0] -= len(chunk)
        text = self._written.decode("utf-8", "replace")
        self._written.clear()
        # Not splitlines(): the runtime client joins the lines of a traceback with "\r" to keep them one log event.
        return tuple(text.removesuffix("\n").split("\n")) if text else ()

    def kill(self) -> None:
        """End the process, and all that it started, as Lambda does: at once."""
        # The group outlives its leader while a member lives. macOS refuses (EPERM) if only zombies are left.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, SIGKILL)
        self._process.wait(_REAP)

    def close(self) -> None:
        """End the process and let go of everything."""
        try:
            self.kill()
        finally:
            self._close()

    def _close(self) -> None:
        self.api.close()
        self._selector.close()
        os.close(self._pipe)

    def _read(self) -> None:
        chunk = os.read(self._pipe, 65536)
        self._written += chunk
        if not chunk:  # every writer is gone; else select() would report this again and again
            self._selector.unregister(self._pipe)
