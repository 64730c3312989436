"""Run one server until nobody wants it any more: `python _guard.py STOP_SIGNAL USER COMMAND [ARGUMENT...]`.

The server is stopped when this process's stdin ends: because the tests closed it, or because the process of the tests
is gone, however it ended. So there is one way to stop a server, and it leaves neither a process nor a file behind.

The server runs in a new directory of its own, which is removed, too. USER is whom it runs as; "" is the same user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from threading import Event, Thread

PATIENCE = 20.0
"""Seconds that the server may take to stop."""


def main(stop_signal: str, user: str, *command: str) -> int:
    directory = tempfile.mkdtemp(prefix="lambdakit-server-")
    told, too_slow = Event(), Event()
    account = pwd.getpwnam(user) if user else None

    def stop_when_told(process: subprocess.Popen[bytes]) -> None:
        while os.read(0, 1):  # stdin
            pass
        told.set()
        process.send_signal(int(stop_signal))
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            too_slow.set()
            process.kill()

    try:
        if account:
            os.chown(directory, account.pw_uid, account.pw_gid)
        with subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            user=account and account.pw_uid,
            group=account and account.pw_gid,
            extra_groups=[] if account else None,
        ) as process:
            Thread(target=stop_when_told, args=(process,), daemon=True).start()
            status = process.wait()
            as_told = told.is_set()
    finally:
        shutil.rmtree(directory)
    if too_slow.is_set():
        sys.exit(f"the server did not stop within {PATIENCE} s of signal {stop_signal}, and was killed")
    return 0 if as_told else status or 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
