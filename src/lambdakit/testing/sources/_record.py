"""What sources and their deliveries are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Sequence
    from datetime import datetime

    from .faults import Fault


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A record of any source.

    Attributes:
        payload: What the test sent.
        identifier: What an answer calls it.
        raw: As AWS sends it.
        arrived: When the source got it, in milliseconds since the epoch.
    """

    payload: Any
    identifier: Hashable
    raw: dict[str, Any]
    arrived: int


class Batch(NamedTuple):
    """Records to be delivered together, and what to do when the places of those that failed are known."""

    records: Sequence[Record]
    settle: Callable[[Collection[int]], None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch that was handed to the function, and what the source made of the answer.

    Attributes:
        payloads: What it held, in order, as it was sent.
        failed: Which of them the source took as failed: those that the answer names, or all. They come again, unless
            a limit is reached.
        event: The event, as AWS sends it.
        answer: What the function returned, decoded from JSON; None if there was no answer.
        error: What the handler raised, or `SandboxCrash` or `SandboxTimeout`; None if it returned.
        fault: What was made to go wrong.
        at: When it began.
        request_id: The `aws_request_id` of the invocation.
    """

    payloads: tuple[Any, ...]
    failed: tuple[Any, ...]
    event: dict[str, Any]
    answer: Any
    error: BaseException | None
    fault: Fault | None
    at: datetime
    request_id: str
