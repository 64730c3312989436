"""Lines below the level, kept until it is known whether anyone will want to read them."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from lambdakit._invocation import invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


Kept: TypeAlias = "tuple[Mapping[str, Any] | None, int, Callable[[], None]]"
"""The record that a line is of, its bytes, and what writes it."""


class Buffer:
    """The lines of one invocation that are written if it comes to an error, and dropped with the buffer if not.

    They are kept as they would be written, so values that change later do not matter. Any thread or task that has a
    copy of the invocation's context may keep lines, and write them out.

    Args:
        level: The lowest level that is kept.
        limit: Bytes that are kept; the oldest lines go first.
    """

    def __init__(self, level: int, limit: int) -> None:
        self.level = level
        self._limit = limit
        self._lines: deque[Kept] = deque()
        self._bytes = 0
        self._dropped = 0
        self._lock = Lock()

    def keep(self, size: int, write: Callable[[], None]) -> None:
        """Keep a line.

        Args:
            size: Its bytes.
            write: Writes it.
        """
        record = invocation.get()[1]
        with self._lock:
            self._lines.append((record, size, write))
            self._bytes += size
            while self._bytes > self._limit:
                self._bytes -= self._lines.popleft()[1]
                self._dropped += 1

    def write_out(self, tell: Callable[[int, int], None]) -> None:
        """Write what is kept, in the order of logging: of a record of a batch, what concerns it; else all.

        Args:
            tell: Called with the number of lines that there was no room for, if there were any, and with the limit.
        """
        record = invocation.get()[1]
        with self._lock:
            asked: list[Kept] = []
            left: deque[Kept] = deque()
            for line in self._lines:
                concerned = record is None or line[0] is None or line[0] is record
                (asked if concerned else left).append(line)
            self._lines = left
            self._bytes = sum(size for _, size, _ in left)
            dropped, self._dropped = self._dropped, 0
        if dropped:
            tell(dropped, self._limit)
        for _, _, write in asked:
            write()
