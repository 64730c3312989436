"""Every error that lambdakit raises.

    LambdakitError
    ├── ConfigurationError          wrong use, told when a decorator is applied: at import, before any event
    │   ├── HandlerError            what was decorated cannot be a handler (also a TypeError)
    │   ├── OptionError             an option that does not exist, or a value it cannot have (also a TypeError)
    │   └── MissingExtraError       an optional dependency is not installed (also an ImportError)
    ├── NoInvocationError           current() was asked outside an invocation (also a LookupError)
    ├── SuspendedError              a layer awaited something under a sync handler (also a RuntimeError)
    ├── RunningLoopError            an async handler was called where a loop runs already (also a RuntimeError)
    ├── HandlerCancelledError       the handler was cancelled from inside
    ├── EventError                  the event is not what the handler is for (also a ValueError)
    │   └── ParseError              the event does not fit the model; says where
    ├── EncodeError                 the result cannot be written as JSON (also a TypeError)
    ├── MetricError                 CloudWatch would not take a metric as it was recorded (also a ValueError)
    ├── NotStartedError             a record of a batch was not started: out of time, or in order after one that failed
    ├── NotFinishedError            a record of a batch was still running when the answer had to be given
    ├── DeadlineExceededError       the handler was interrupted before its time-out (also a TimeoutError)
    ├── DeadlineError               the handler cannot be interrupted here (also a RuntimeError)
    ├── LazyError                   a lazy value needs itself (also a RuntimeError)
    ├── IdempotencyError            a function did not run, or not to an end that can be repeated
    │   ├── IdempotencyKeyError     the event has no key (also a ValueError)
    │   ├── InProgressError         another invocation is at work on the same key
    │   ├── PayloadMismatchError    the same key came with another payload
    │   ├── OwnershipLostError      it took longer than its lock held, and another has taken over
    │   ├── ResultNotStoredError    it ran, but its result could not be stored
    │   │   └── ResultTooLargeError the result is larger than the store can hold
    │   └── StoreError              the store cannot be reached, or refused
    └── BatchError                  records failed in a way that the answer may not, or cannot, report

No message holds values of an event: they may be personal, and logs live long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BatchError",
    "ConfigurationError",
    "DeadlineError",
    "DeadlineExceededError",
    "EncodeError",
    "EventError",
    "HandlerCancelledError",
    "HandlerError",
    "IdempotencyError",
    "IdempotencyKeyError",
    "InProgressError",
    "LambdakitError",
    "LazyError",
    "MetricError",
    "MissingExtraError",
    "NoInvocationError",
    "NotFinishedError",
    "NotStartedError",
    "OptionError",
    "OwnershipLostError",
    "ParseError",
    "PayloadMismatchError",
    "ResultNotStoredError",
    "ResultTooLargeError",
    "RunningLoopError",
    "StoreError",
    "SuspendedError",
]


class LambdakitError(Exception):
    """The root of every error that lambdakit raises."""


class ConfigurationError(LambdakitError):
    """The toolkit is used in a way that cannot work; raised while the module of the handler is imported."""


class HandlerError(ConfigurationError, TypeError):
    """What a decorator was applied to cannot be a handler, or not with these layers around it."""


class OptionError(ConfigurationError, TypeError):
    """A decorator was given an option that it does not have, or a value that the option cannot take."""


class MissingExtraError(ConfigurationError, ImportError):
    """A feature needs an optional dependency that is not installed; the message holds the pip command."""


class NoInvocationError(LambdakitError, LookupError):
    """`current()` was asked while no handler runs."""


class SuspendedError(LambdakitError, RuntimeError):
    """A layer awaited something that needs an event loop, under a handler that is a plain function."""


class RunningLoopError(LambdakitError, RuntimeError):
    """An async handler was called as a function where an event loop runs; await its `acall` there."""


class HandlerCancelledError(LambdakitError):
    """An async handler ended by `asyncio.CancelledError`, which would have ended the whole sandbox."""


class EventError(LambdakitError, ValueError):
    """The event is of another source or shape than the handler is for."""


class ParseError(EventError):
    """The event does not fit the model.

    Attributes:
        problems: What is wrong, a pair each of where and what: `("body.total", "should be a valid decimal")`. Keys that
            the model does not know are shown as `<key>`.
    """

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class EncodeError(LambdakitError, TypeError):
    """A result holds something that has no form in JSON."""


class MetricError(LambdakitError, ValueError):
    """CloudWatch would not take a metric, a dimension or a property as it was recorded; told at the call."""


class NotStartedError(LambdakitError):
    """A record was not started: time ran out, or one before it failed that it may not overtake. It comes again."""


class NotFinishedError(LambdakitError):
    """A record still ran when the answer had to be given. It comes again, though it may yet have its effects."""


class DeadlineExceededError(LambdakitError, TimeoutError):
    """The handler was interrupted since its time was nearly up; what was around it could finish."""


class DeadlineError(LambdakitError, RuntimeError):
    """`deadline` cannot interrupt the handler: it runs in another thread, or the timer signal is in use."""


class LazyError(LambdakitError, RuntimeError):
    """The factory of a lazy value uses the value that it is to make."""


class IdempotencyError(LambdakitError):
    """What `idempotent` raises: the function did not run, or its end could not be kept."""


class IdempotencyKeyError(IdempotencyError, ValueError):
    """The event has no idempotency key, so nothing ran."""


class InProgressError(IdempotencyError):
    """Another invocation, or another task, is at work on the same key right now; so nothing ran. It comes again."""


class PayloadMismatchError(IdempotencyError):
    """The same idempotency key came with another payload, so nothing ran. One of the two has a wrong key."""


class OwnershipLostError(IdempotencyError):
    """The function took longer than its lock held, and another invocation has taken over meanwhile."""


class ResultNotStoredError(IdempotencyError):
    """The function ran to its end, but its result could not be stored; a repetition raises this too, and runs nothing.

    The result is too large, or it does not survive being written as JSON and read back.
    """


class ResultTooLargeError(ResultNotStoredError):
    """The result is larger than the store can hold."""


class StoreError(IdempotencyError):
    """The idempotency store cannot be reached, or refused; so nothing ran. What it raised is the cause."""


class BatchError(LambdakitError):
    """A batch failed as a whole, so that the source tries all of it again.

    Attributes:
        failures: The error of each failed record, by the record's id, in the order of the batch.
    """

    def __init__(self, message: str, failures: Sequence[tuple[str, Exception]] = ()) -> None:
        super().__init__(message)
        self.failures = tuple(failures)
