"""When to stop starting records, so that those which were started can be answered for."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdakit._invocation import Invocation

ANSWER = 0.5
"""Seconds that are always left for the answer, and for logs and spans to be finished."""

_OFTEN_ENOUGH = 0.001  # seconds between two readings of Lambda's clock


class Time:
    """The time that a batch has.

    Args:
        whole: The invocation.
        reserve: Seconds that must be left for a record to be started; None: as long as the slowest record so far took,
            and half a second for the answer.
        exact: Whether to read Lambda's clock for each record, which takes as long as all else that the engine does. If
            not, a millisecond may pass between two readings.
    """

    def __init__(self, whole: Invocation, reserve: float | None, *, exact: bool) -> None:
        self._whole = whole
        self._reserve = reserve
        self._slowest = 0.0
        self._often = 0.0 if exact else _OFTEN_ENOUGH
        self.left = whole.remaining
        """Seconds, when the clock was last read."""
        self.read_again_at = inf if self.left == inf else 0.0
        """When to read it again; before that, on the monotonic clock, there is no need to."""
        self.is_over = False
        """Whether no record may be started any more."""

    @property
    def reserve(self) -> float:
        """Seconds that must be left for a record to be started."""
        return self._slowest + ANSWER if self._reserve is None else self._reserve

    def read(self, before: float) -> float:
        """Read Lambda's clock, and learn how long the record took that has ended.

        Args:
            before: The seconds that were left when it was started.

        Returns:
            The seconds that are left.
        """
        if self.read_again_at == inf:
            return inf
        self.left = self._whole.remaining
        self.read_again_at = monotonic() + self._often
        self._slowest = max(self._slowest, before - self.left)
        self.is_over = self.is_over or self.left < self.reserve
        return self.left

    def until_answer(self) -> float | None:
        """Seconds until the answer has to be given; None if there is no limit."""
        left = self._whole.remaining
        return None if left == inf else max(0.0, left - ANSWER)
