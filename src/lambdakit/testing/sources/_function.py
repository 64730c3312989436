"""The function at the other end of a mapping: the user's handler, called as Lambda does, with faults."""

from __future__ import annotations

from asyncio import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdakit import _callables
from lambdakit._core import Handler
from lambdakit.errors import HandlerError, RunningLoopError
from lambdakit.testing._ids import Ids
from lambdakit.testing.running import run

from .clock import ClockedContext
from .faults import Fault, SandboxCrash, SandboxTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._record import Record
    from .clock import FakeClock

_ENDS_THE_PROCESS = (SandboxCrash, SystemExit, CancelledError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the poller gets back: an answer, or an error."""

    request_id: str
    answer: object
    error: BaseException | None


class Function:
    """A handler, and the sandbox that it would run in.

    Args:
        handler: The user's.
        clock: The source's.
        timeout: Seconds that an invocation may take.
        seed: Any text, for the request ids.

    Raises:
        HandlerError: The handler cannot be called with an event and a context, or is a bare `async def`.
        OptionError: Lambda has no such time-out.
    """

    def __init__(self, handler: Callable[[Any, Any], object], *, clock: FakeClock, timeout: float, seed: str) -> None:
        if not isinstance(handler, Handler) and (problem := _callables.misfit(handler, arguments="event, context")):
            msg = f"{_callables.where(handler)} cannot be a handler: it {problem}"
            raise HandlerError(msg)
        if not isinstance(handler, Handler) and _callables.is_async(handler):
            msg = f"Lambda does not await {_callables.where(handler)}; any decorator of lambdakit on it does"
            raise HandlerError(msg)
        self._handler: Callable[[Any, Any], object] = handler
        self._clock = clock
        self._timeout = timeout
        self._ids = Ids(f"{seed} requests")
        self._context()

    def invoke(
        self, records: Sequence[Record], event_of: Callable[[Sequence[Record]], dict[str, Any]], fault: Fault | None
    ) -> Reply:
        """Call the handler with a batch, or with what a fault leaves of it.

        Raises:
            RunningLoopError: The handler is async, and an event loop runs here already.
            BaseException: What is no business of Lambda's: `KeyboardInterrupt`, or what `pytest.fail` raises.
        """
        context = self._context()
        cut_short = fault in (Fault.CRASH_DURING, Fault.TIMEOUT)
        reached = 0 if fault is Fault.CRASH_BEFORE else len(records) // 2 if cut_short else len(records)
        answer: object = None
        error: BaseException | None = None
        if reached:
            answer, error = self._call(event_of(records[:reached]), context)
        if fault is Fault.TIMEOUT:
            self._clock.move_to(context.ends_at)
        if error is None and context.get_remaining_time_in_millis() == 0:
            error = SandboxTimeout("the function ran into its time-out")
        if error is None and fault not in (None, Fault.LATE):
            error = SandboxCrash("the sandbox crashed")
        return Reply(context.aws_request_id, None if error else answer, error)

    def _call(self, event: dict[str, Any], context: ClockedContext) -> tuple[object, BaseException | None]:
        try:
            with self._clock.until(context.ends_at):
                return run(self._handler, event, context), None
        except RunningLoopError as error:
            error.add_note(
                "Drive the source from a plain test function, or in a thread: asyncio.to_thread(queue.drain)."
            )
            raise
        except (Exception, *_ENDS_THE_PROCESS) as error:  # noqa: BLE001 - Lambda takes any, and so does its poller
            return None, error

    def _context(self) -> ClockedContext:
        return ClockedContext(self._clock, timeout=self._timeout, aws_request_id=self._ids.uuid())
