"""Work that may take long, done in a thread, and waited for no longer than there is time."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Background:
    """Does some work whenever there is some, one thread at a time.

    A thread lives as long as its work, so none is there to be frozen, forked or restored for nothing.

    Args:
        work: What to do; it never raises.
        is_due: Whether there is anything to do.
    """

    def __init__(self, work: Callable[[], None], is_due: Callable[[], bool]) -> None:
        self._work = work
        self._is_due = is_due
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> threading.Thread | None:
        """Start to work, if there is anything to do; give the thread that does it, if it still has to be waited for."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return self._thread
            if not self._is_due():
                return None
            self._thread = threading.Thread(target=self._work, name="lambdakit-spans", daemon=True)
            self._thread.start()
            return self._thread

    def finish(self, seconds: float) -> bool:
        """Do what there is to do, and wait for it; give whether it was done in time."""
        until = monotonic() + seconds
        while (thread := self.start()) is not None:
            thread.join(max(0.0, until - monotonic()))
            if thread.is_alive():
                return False
        return True

    def forget(self) -> None:
        """After a fork: the thread is the parent's, and so may be whoever held the lock."""
        self._lock = threading.Lock()
        self._thread = None
