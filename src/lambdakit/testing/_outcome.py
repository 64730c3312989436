"""What came of an invocation, or of a start."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

from lambdakit.errors import LambdakitError


@dataclass(frozen=True, slots=True)
class FunctionError:
    """Why an invocation failed, as Lambda tells its callers.

    Attributes:
        type: The class of the exception, such as `ValueError`, or one of Lambda's own names: `Sandbox.Timedout`,
            `Runtime.ExitError` (the process ended), `Runtime.UnmarshalError` (the event is not JSON),
            `Runtime.MarshalError` (the result is not), `Function.ResponseSizeTooLarge`.
        message: What went wrong.
        stack_trace: The traceback, one string per frame, outermost first; empty where there is none.
    """

    type: str
    message: str
    stack_trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one invocation.

    Attributes:
        request_id: The id that the handler saw as `context.aws_request_id`.
        result: What the handler returned, decoded from JSON; its bytes, if it returned bytes that are not JSON. None
            if the invocation failed.
        error: Why it failed; None if it did not.
        logs: The lines that the process wrote to stdout and stderr, in order, without their line ends. Where the
            runtime client joins the lines of a traceback with carriage returns, so that CloudWatch keeps them
            together, they are one line here too.
        duration: Seconds from sending the event to the answer.
        cold_start: Whether it was the first invocation of its process.
    """

    request_id: str
    result: object
    error: FunctionError | None
    logs: tuple[str, ...]
    duration: float
    cold_start: bool


class InitError(LambdakitError):
    """The process failed before it asked for its first event: the handler could not be loaded.

    Attributes:
        error: The error that the runtime client reported. `Runtime.ExitError` if the process ended with no report,
            `Sandbox.Timedout` if it took too long.
        logs: The lines that the process wrote, as in `Outcome.logs`.
    """

    def __init__(self, message: str, *, error: FunctionError, logs: tuple[str, ...]) -> None:
        super().__init__(message)
        self.error = error
        self.logs = logs


def decode(body: bytes) -> object:
    """Read a result: its value if it is JSON, else the bytes."""
    try:
        return json.loads(body)
    except ValueError:
        return body


def decode_error(body: bytes) -> FunctionError:
    """Read an error document: see "Invocation error" of the Runtime API."""
    match decode(body):
        case {"errorType": str(kind), "errorMessage": str(message), **rest}:
            trace = rest.get("stackTrace")
            return FunctionError(kind, message, tuple(map(str, trace)) if isinstance(trace, list) else ())
        case _:
            return FunctionError("Runtime.Unknown", body.decode("utf-8", "replace"))


def reason(status: int) -> str:
    """Say in Lambda's words why a process ended, from its exit status, or from minus the signal."""
    if status < 0:
        return f"with error: signal: {signal.strsignal(-status) or -status}".lower()
    return f"with error: exit status {status}" if status else "without providing a reason"
