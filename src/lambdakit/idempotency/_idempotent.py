"""`idempotent`: the decorator for handlers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec

from lambdakit._core import Bound
from lambdakit._middleware import Middleware

from ._durable import refuse_around_durable
from ._function import Same, function
from ._keys import Keys, payload_of, space_of
from ._life import Life
from ._options import check, check_call, refuse_in_lambda

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit._core import Handler

    from ._store import Store

P = ParamSpec("P")
Q = ParamSpec("Q")


class Idempotent(Generic[P, Q]):
    """What `idempotent` is: called, it gives a middleware; its `function` decorates functions that are no handlers."""

    __name__: str

    def __init__(self, configure: Callable[P, Middleware], function: Callable[Q, Same]) -> None:
        functools.update_wrapper(self, configure)
        self._configure = configure
        self._function = function

    def __call__(self, *args: P.args, **options: P.kwargs) -> Middleware:
        """Take a store and options, and give the middleware."""
        check_call("idempotent", self._configure, args, options)
        return self._configure(*args, **options)

    def function(self, *args: Q.args, **options: Q.kwargs) -> Same:
        """Take a store and options, and give a decorator for any function."""
        check_call("idempotent.function", self._function, args, options)
        return self._function(*args, **options)


def _with(function: Callable[Q, Same]) -> Callable[[Callable[P, Middleware]], Idempotent[P, Q]]:
    return lambda configure: Idempotent(configure, function)


@_with(function)
def idempotent(
    store: Store,
    /,
    *,
    key: Callable[[Any], object],
    name: str | None = None,
    lock: float | None = None,
    expires_after: float = 3600,
    fingerprint: Callable[[Any], object] | None = payload_of,
    on_running: Literal["raise", "wait"] = "raise",
    on_store_error: Literal["raise", "run"] = "raise",
    on_replay: Callable[[Any], object] | None = None,
    cache: int = 0,
    compress: bool = False,
) -> Middleware:
    """Run the handler once for each key, whatever is delivered twice, retried, or late.

    Before the handler runs, the key is claimed in the store. Of any number of invocations one gets the claim; only that
    one runs, and only its result is stored. Whoever comes later with the same key gets an equal result, and the handler
    does not run. If the handler raises, the claim is released, so that a repetition runs. If the sandbox dies, the lock
    ends with the time that the invocation had; then another may claim the key.

    In a batch it belongs below the batch decorator: each record has a key of its own.

    Args:
        store: Where the records are kept, `DynamoDBStore("orders-seen")` for example.
        key: Finds in the event, as it is at this layer, what tells one call from all others: text, a number, a tuple.
            It is stored hashed.
        name: The name of the key space, within this Lambda function. Default: the qualified name of the handler.
        lock: Seconds that the claim holds if the function does not end. Default: until the invocation's deadline, and
            five seconds more, for clocks that differ; 905 seconds where no deadline is known. In a durable function,
            which may be suspended, it must be given: its ExecutionTimeout.
        expires_after: Seconds that a result is kept.
        fingerprint: Finds what must be the same in a repetition; None: nothing is compared. Default: the business
            payload, as `payload` finds it, and nothing of the envelope.
        on_running: While another call is at work on the same key, `"raise"` an `InProgressError`, or `"wait"` for its
            result, up to half a second before the deadline.
        on_store_error: When the key cannot be claimed since the store fails, `"raise"` a `StoreError`, or `"run"` the
            handler unprotected.
        on_replay: Takes a result that is replayed, and gives what is returned in its place.
        cache: How many completed records are kept in memory, too, so that a repetition in the same sandbox asks no
            store. Default: none.
        compress: Whether results are compressed: a record in DynamoDB may have 400 KB.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        ConfigurationError: The store protects one sandbox only, and this is a Lambda runtime; at import. Or the handler
            is durable, and no lock was given; nothing ran.
        HandlerError: Results of the type that the handler is annotated to return cannot be stored. Nothing ran. Or it
            was put around a durable handler, rather than below `durable_execution`; at import.
        IdempotencyKeyError: The event has no key. Nothing ran.
        InProgressError: Another call is at work on this key. Nothing ran.
        PayloadMismatchError: The same key came before with another payload. Nothing ran.
        StoreError: The store failed. Nothing ran.
        ResultNotStoredError: The handler ran, but its result cannot be stored. A repetition raises this, too, and runs
            nothing.

    Limitations:
        Effects on other systems happen at least once: if the sandbox dies after an effect and before the record is
        completed, a repetition has it again. `current().claim` can commit both together.
    """
    check(
        "idempotent",
        name=name,
        lock=lock,
        expires_after=expires_after,
        on_running=on_running,
        on_store_error=on_store_error,
        cache=cache,
        functions={"key": (key, "event"), "fingerprint": (fingerprint, "event"), "on_replay": (on_replay, "result")},
    )

    def fit(handler: Handler[Any, Any]) -> Bound:
        refuse_in_lambda("idempotent", store)
        refuse_around_durable(handler.function)
        space = space_of(handler.function, name, store)
        life = Life(
            handler.function,
            store,
            keyed=Keys(handler.function, space=space, key=key, fingerprint=fingerprint).of,
            is_async=handler.is_async,
            of_handler=True,
            lock=lock,
            expires_after=expires_after,
            on_running=on_running,
            on_store_error=on_store_error,
            on_replay=on_replay,
            cache=cache,
            compress=compress,
        )
        return Bound(life, "idempotent")

    return Middleware(fit)
