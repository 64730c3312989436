"""The time of fake event sources: it passes only when something says so."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING

from lambdakit.errors import OptionError
from lambdakit.testing._events.builder import NEW_YEAR, milliseconds
from lambdakit.testing.context import FakeContext

from .faults import SandboxTimeout

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is moved. Nothing sleeps: an hour passes at once.

    It is moved by the test, with `advance`; by `drain`, when a source has to wait; and by what a handler does, where
    the test says so: `context.advance(5)` in a handler, or in something it calls, is work that takes 5 seconds. Work
    that takes longer than the function may run does not end: the clock stops at the deadline, and `SandboxTimeout` is
    raised, as Lambda would kill the process.

    Several sources can share a clock.

    Args:
        at: What time it is at the start, with a time zone.

    Raises:
        OptionError: The time has no time zone.

    Limitations:
        Threads of a handler share it: two that work for 5 seconds each take 10, also where they run side by side.
    """

    def __init__(self, at: datetime = NEW_YEAR) -> None:
        self._milliseconds = milliseconds(at)
        self._deadline: int | None = None
        self._lock = Lock()

    @property
    def now(self) -> datetime:
        """What time it is, to the millisecond, in UTC."""
        return _EPOCH + timedelta(milliseconds=self._milliseconds)

    @property
    def milliseconds(self) -> int:
        """What time it is, in milliseconds since the epoch."""
        return self._milliseconds

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: How long: 0 or more.

        Raises:
            OptionError: The time is negative, infinite or no number.
            SandboxTimeout: A handler runs, and has no more than this left.
        """
        if not (isfinite(seconds) and seconds >= 0):
            msg = f"advance: expected 0 or more seconds, since time does not run backwards; got {seconds}"
            raise OptionError(msg)
        with self._lock:
            self.move_to(self._milliseconds + round(seconds * 1000))

    def move_to(self, at: int) -> None:
        """Go on to a time, in milliseconds since the epoch; stay if it is past."""
        if self._deadline is not None and at >= self._deadline:
            self._milliseconds = max(self._milliseconds, self._deadline)
            msg = "the function ran into its time-out"
            raise SandboxTimeout(msg)
        self._milliseconds = max(self._milliseconds, at)

    @contextmanager
    def until(self, deadline: int) -> Iterator[None]:
        """End what runs in here at a time, in milliseconds since the epoch."""
        around, self._deadline = self._deadline, deadline
        try:
            yield
        finally:
            self._deadline = around

    def __repr__(self) -> str:
        return f"<FakeClock {self.now.isoformat(timespec='milliseconds')}>"


class ClockedContext(FakeContext):
    """A context whose time is that of a clock: `advance` moves the clock, and the clock moves what remains."""

    def __init__(self, clock: FakeClock, *, timeout: float, aws_request_id: str) -> None:
        super().__init__(timeout=timeout, aws_request_id=aws_request_id)
        self._clock = clock
        self.ends_at = clock.milliseconds + round(timeout * 1000)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation; never less than 0."""
        return max(0, self.ends_at - self._clock.milliseconds)

    @property
    def remaining(self) -> float:
        """Seconds until Lambda ends this invocation. Set it to less, to let time pass until so much is left."""
        return self.get_remaining_time_in_millis() / 1000

    @remaining.setter
    def remaining(self, seconds: float) -> None:
        if not 0 <= seconds <= self.remaining:
            msg = (
                f"remaining: expected 0 to {self.remaining:g} seconds, since time does not run backwards; got {seconds}"
            )
            raise OptionError(msg)
        self._clock.advance(self.remaining - seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass, on the clock of the source."""
        self._clock.advance(seconds)
