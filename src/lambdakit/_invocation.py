"""What can be known of the invocation under way, from anywhere in the code that runs in it."""

from __future__ import annotations

import time
from contextvars import ContextVar
from math import inf
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from . import _env
from .errors import NoInvocationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._claim import Claim


class Context(Protocol):
    """What AWS hands to a handler beside the event; any library's `LambdaContext` is one.

    Only what every runtime client has had for years is asked for. See "Using the Lambda context object to retrieve
    Python function information" in the AWS Lambda Developer Guide.
    """

    @property
    def function_name(self) -> str:
        """The name of the Lambda function."""
        ...

    @property
    def function_version(self) -> str:
        """The version of the function, or `$LATEST`."""
        ...

    @property
    def invoked_function_arn(self) -> str:
        """The ARN that was called: with the version or the alias, where one was named."""
        ...

    @property
    def memory_limit_in_mb(self) -> int | str:
        """Memory of the function in MiB. AWS's own runtime client gives it as a string."""
        ...

    @property
    def aws_request_id(self) -> str:
        """The id of this invocation; a retry by Lambda has the same one."""
        ...

    @property
    def log_group_name(self) -> str:
        """The CloudWatch log group."""
        ...

    @property
    def log_stream_name(self) -> str:
        """The CloudWatch log stream."""
        ...

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation; never less than 0."""
        ...


class Invocation:
    """One call of a handler by Lambda, or by a test. It never changes: each record of a batch has one of its own."""

    __slots__ = ("_cold_start", "_context", "_describe", "_record", "_stepped")

    def __init__(self, context: Context | None, cold_start: bool, stepped: bool) -> None:  # noqa: FBT001 - each call pays
        self._context = context
        self._cold_start = cold_start
        self._stepped = stepped
        self._record: Mapping[str, Any] | None = None
        self._describe: Describe | None = None

    @property
    def context(self) -> Context | None:
        """Lambda's context object, as the handler was called with it; None if it was called with None.

        AWS's durable-execution SDK calls handlers with a context of its own: then it is the one that is held by that.
        """
        own: dict[str, Any] = getattr(self._context, "__dict__", {})  # its attributes: a mock would have any
        found: Context | None = own.get("lambda_context", self._context)
        return found

    @property
    def cold_start(self) -> bool:
        """Whether this is the first invocation of its sandbox, and someone waited for the start."""
        return self._cold_start

    @property
    def record(self) -> Mapping[str, Any] | None:
        """Inside a batch, the record that is being processed, as AWS sent it; None elsewhere."""
        return self._record

    @property
    def request_id(self) -> str:
        """The id of the invocation; empty where the handler was called with no context."""
        context = self.context
        return context.aws_request_id if context is not None else ""

    @property
    def remaining(self) -> float:
        """Seconds until Lambda ends this invocation: 0 or more; infinite where there is no context."""
        context = self.context
        return inf if context is None else context.get_remaining_time_in_millis() / 1000

    @property
    def deadline(self) -> float:
        """When Lambda ends this invocation, in seconds since the epoch; infinite where there is no context."""
        return time.time() + self.remaining

    @property
    def tenant_id(self) -> str | None:
        """The tenant, in a function with tenant isolation; else None."""
        tenant: object = getattr(self.context, "tenant_id", None)
        return tenant if isinstance(tenant, str) else None

    @property
    def claim(self) -> Claim | None:
        """The claim of `idempotent` under which the code that asks runs; None if there is none."""
        return claimed.get()

    @property
    def replayed(self) -> bool:
        """Whether the handler, or in a batch the record, was answered with a stored result; known once it was."""
        return replayed.get()

    @property
    def record_fields(self) -> Mapping[str, object]:
        """What log lines say of the record: `message_id`, for example. Made when it is asked for."""
        if self._record is None or self._describe is None:
            return {}
        return self._describe(self._record)

    def _seen_by(self, record: Mapping[str, Any], describe: Describe | None) -> Invocation:
        made = Invocation(self._context, self._cold_start, self._stepped)
        made._record = record
        made._describe = describe
        return made

    def __repr__(self) -> str:
        return f"<Invocation {self.request_id or 'without context'}>"


Describe: TypeAlias = "Callable[[Mapping[str, Any]], Mapping[str, object]]"
"""Gives the log fields of a record."""

Seen: TypeAlias = "tuple[Invocation, Mapping[str, Any] | None, Describe | None]"
"""An invocation, and the record that is being processed, if any. What `current()` gives is made of it on demand: with
10,000 records in a batch, making it for each would cost more than all else that the engine does."""

OUTSIDE: Seen = (Invocation(None, False, False), None, None)

invocation: ContextVar[Seen] = ContextVar("lambdakit_invocation", default=OUTSIDE)
"""The one variable behind `current()`."""

claimed: ContextVar[Claim | None] = ContextVar("lambdakit_claim", default=None)
"""The claim of the innermost function of `idempotent` that runs here."""

replayed: ContextVar[bool] = ContextVar("lambdakit_replayed", default=False)
"""Whether the handler was answered for with a stored result."""

_cold = True

_STARTED_BEFOREHAND = ("provisioned-concurrency", "lambda-managed-instances")


def current() -> Invocation:
    """The invocation under way.

    Threads and tasks that were started with a copy of the context (`asyncio.to_thread`, tasks, `blocking`) see it too;
    a bare `threading.Thread` does not.

    Raises:
        NoInvocationError: No handler of lambdakit runs here.
    """
    found = maybe_current()
    if found is None:
        msg = (
            "current() was called outside an invocation: at import, in a thread that did not copy the context, or in "
            "a function that no handler of lambdakit calls. In a test, call the handler itself."
        )
        raise NoInvocationError(msg)
    return found


def maybe_current() -> Invocation | None:
    """The invocation under way, or None."""
    whole, record, describe = seen = invocation.get()
    if seen is OUTSIDE:
        return None
    return whole if record is None else whole._seen_by(record, describe)


def begin(context: Context | None, stepped: bool) -> bool:  # noqa: FBT001 - each call pays
    """Enter the invocation that a call with this context belongs to, for the rest of the current context.

    A call inside an invocation, with the same context or with None, joins it.

    Args:
        context: What the handler was called with.
        stepped: Whether its chain is run with no event loop.

    Returns:
        Whether no other handler is around it.
    """
    global _cold
    outer, record, describe = seen = invocation.get()
    if seen is OUTSIDE or (context is not None and context is not outer._context):
        cold, _cold = _cold, False
        cold = cold and _env.initialization_type() not in _STARTED_BEFOREHAND
        invocation.set((Invocation(context, cold, stepped), None, None))
    elif outer._stepped is not stepped:
        invocation.set((Invocation(outer._context, outer._cold_start, stepped), record, describe))
    return seen is OUTSIDE


def is_stepped() -> bool:
    """Whether the chain under way runs with no event loop, so that nothing in it may wait for one.

    That belongs to the chain, and not to the invocation or to the loop that may run around it: plain and async handlers
    call one another.
    """
    return invocation.get()[0]._stepped
