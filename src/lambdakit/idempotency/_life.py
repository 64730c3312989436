"""The life of a record: claimed before a function runs; completed or released after it; replayed ever after."""

from __future__ import annotations

import logging
from functools import partial
from os import urandom
from typing import TYPE_CHECKING, Any

from lambdakit import _callables, _env
from lambdakit._claim import Claim
from lambdakit._counted import counted
from lambdakit._interrupts import OutOfTime, is_cancellation
from lambdakit._invocation import claimed, invocation, replayed
from lambdakit._log_context import bind
from lambdakit._trace_context import trace_here
from lambdakit.errors import (
    InProgressError,
    OwnershipLostError,
    PayloadMismatchError,
    ResultNotStoredError,
    ResultTooLargeError,
    StoreError,
)

from ._cache import Cache
from ._calls import here, in_a_thread, pause_here, pause_in_the_loop
from ._durable import execution_here, no_lock, no_transaction, owner_in
from ._results import NOT_STORED, Results
from ._store import StoredRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit._core import Next

    from ._calls import Call
    from ._store import Store

MARGIN = 5.0
"""Seconds that a lock is longer than its invocation can last, for clocks that differ."""

LONGEST = 900.0
"""Seconds that an invocation can last at most: what a lock is made for where no deadline is known."""

_ANSWER = 0.5  # seconds that are left for the answer when the wait for a twin is given up
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds between two looks at a twin's record

_log = logging.getLogger("lambdakit.idempotency")


class Life:
    """What happens around each call of one function; a layer for handlers.

    Args:
        function: The function, for messages.
        store: Where the records are.
        keyed: Gives the stored key and the fingerprint of an event.
        is_async: Whether an event loop runs, which must not be blocked.
        of_handler: Whether a replay answers for the handler, or for a function that it calls.

    The others are options of `idempotent`.
    """

    def __init__(
        self,
        function: object,
        store: Store,
        *,
        keyed: Callable[[Any], tuple[str, str]],
        is_async: bool,
        of_handler: bool,
        lock: float | None,
        expires_after: float,
        on_running: str,
        on_store_error: str,
        on_replay: Callable[[Any], object] | None,
        cache: int,
        compress: bool,
    ) -> None:
        self._where = _callables.where(function)
        self._store = store
        self._keyed = keyed
        self._results = Results(function, compress=compress)
        self._lock = lock
        self._expires_after = expires_after
        self._waits = on_running == "wait"
        self._runs_anyway = on_store_error == "run"
        self._on_replay = on_replay
        self._cache = Cache(cache) if cache else None
        self._call: Call = in_a_thread if is_async and getattr(store, "blocks", True) else here
        self._pause = pause_in_the_loop if is_async else pause_here
        self._of_handler = of_handler
        self._begin: Callable[[], Any] | None = getattr(store, "begin", None)
        self._item: Callable[..., dict[str, Any]] | None = getattr(store, "transact_item", None)

    async def __call__(self, event: Any, call_next: Next[Any, Any]) -> Any:
        """Run the rest of the chain under a claim, or replay its result."""
        if _env.idempotency_is_off():
            return await call_next(event)
        key, fingerprint = self._keyed(event)
        self._results.prepare()
        taken = await self._take(key, fingerprint)
        if isinstance(taken, StoredRecord):
            return self._replay(key, taken)
        if taken is None:
            return await call_next(event)
        outer = claimed.get()
        claimed.set(taken)
        try:
            result = await call_next(event)
        except BaseException as error:
            await self._give_up(taken, error)
            raise
        finally:
            taken._over = True
            claimed.set(outer)
        await self._keep(taken, fingerprint, result)
        return result

    async def _take(self, key: str, fingerprint: str) -> Claim | StoredRecord | None:
        """A claim, or the completed record; None to run without either, since the store fails."""
        if self._cache is not None and (standing := self._cache.get(key)) is not None:
            self._check_payload(key, standing, fingerprint)
            return standing
        execution = execution_here() if self._of_handler else None
        if execution is not None and self._lock is None:
            raise no_lock(self._where)
        owner = (owner_in(execution, key) if execution is not None else None) or urandom(16).hex()
        while True:
            lock = self._lock or self._until_the_end()
            try:
                standing, cancelled = await self._call(
                    self._store.claim,
                    key,
                    owner,
                    fingerprint=fingerprint,
                    lock=lock,
                    expires_after=self._expires_after,
                )
            except Exception as error:
                if not self._runs_anyway:
                    raise self._failed("claim", key, error) from error
                _log.error("%s runs without a claim, since the store failed", self._where, exc_info=error)
                counted("StoreFailed")
                return None
            claim = None if standing is not None else self._claim(key, owner, durable=execution is not None)
            if cancelled is not None:
                if claim is not None:
                    await self._give_up(claim, cancelled)
                raise cancelled
            if standing is None:
                return claim
            self._check_payload(key, standing, fingerprint)
            if standing.result is None and self._waits and not _is_ones_own(standing):
                standing = await self._waited(key, standing)
                if standing is None:
                    continue
                self._check_payload(key, standing, fingerprint)
            if standing.result is None:
                raise self._in_progress(key, standing)
            if self._cache is not None:
                self._cache.put(key, standing)
            return standing

    def _claim(self, key: str, owner: str, *, durable: bool) -> Claim:
        if durable:
            return Claim(key, owner, begin=no_transaction, item=no_transaction)
        item = None if self._item is None else partial(self._item_of, key, owner)
        return Claim(key, owner, begin=self._begin, item=item)

    def _until_the_end(self) -> float:
        """Seconds until this invocation can no longer be running."""
        return min(invocation.get()[0].remaining, LONGEST) + MARGIN

    async def _waited(self, key: str, standing: StoredRecord) -> StoredRecord | None:
        """Wait until a running twin has ended; give its completed record, or None if the key is free again.

        Where time runs out first, the record is still a running one.
        """
        pause = _FIRST_PAUSE
        while True:
            left = invocation.get()[0].remaining - _ANSWER
            if left <= 0:
                return standing
            await self._pause(min(pause, left, max(standing.left, 0.001)))
            pause = min(1.5 * pause, _LONGEST_PAUSE)
            try:
                found, cancelled = await self._call(self._store.find, key)
            except Exception as error:
                raise self._failed("find", key, error) from error
            if cancelled is not None:
                raise cancelled
            if found is None or found.result is not None:
                return found
            standing = found

    def _replay(self, key: str, standing: StoredRecord) -> object:
        result = self._results.read(standing.result or "")
        if self._of_handler:
            replayed.set(True)
            bind(replayed=True)
            if (trace := trace_here.get()) is not None:
                trace.tell(replayed=True)
        _log.info("%s was answered with a stored result: %s", self._where, key)
        return result if self._on_replay is None else self._on_replay(result)

    async def _give_up(self, claim: Claim, error: BaseException) -> None:
        """Release a claim, so that a repetition runs at once; or keep it, if the function may not really have ended."""
        if claim._transaction is not None:
            claim._transaction.roll_back()
        if not (isinstance(error, Exception | OutOfTime) or is_cancellation(error)):
            return
        try:
            await self._call(self._store.release, claim.key, claim.owner)
        except Exception as problem:  # noqa: BLE001 - the function's own error is what matters
            _log.error("the claim on %s was not released, and holds until its lock ends", claim.key, exc_info=problem)

    async def _keep(self, claim: Claim, fingerprint: str, result: object) -> None:
        """Complete a record.

        Raises:
            ResultNotStoredError: The result cannot be written, or is too large.
            OwnershipLostError: Another has taken over, and the transaction was rolled back.
            StoreError: It is not known whether the transaction was committed.
        """
        problem: ResultNotStoredError | None = None
        try:
            text = self._results.write(result)
        except ResultNotStoredError as error:
            if claim._transaction is not None:
                await self._give_up(claim, error)
                raise
            text, problem = NOT_STORED, error
        if claim._transaction is not None:
            cancelled = await self._commit(claim, text)
        else:
            try:
                cancelled = await self._complete(claim, text)
            except ResultTooLargeError as error:
                # The function has had its effects: that there is no result must not make it run again.
                text, problem = NOT_STORED, error
                cancelled = await self._complete(claim, text)
        if cancelled is not None and not isinstance(cancelled, OutOfTime):  # there is a result, and time to answer
            raise cancelled
        if problem is not None:
            raise problem
        if self._cache is not None:
            record = StoredRecord(owner=claim.owner, fingerprint=fingerprint, result=text, left=self._expires_after)
            self._cache.put(claim.key, record)

    async def _complete(self, claim: Claim, text: str) -> BaseException | None:
        try:
            owned, cancelled = await self._call(
                self._store.complete, claim.key, claim.owner, text, expires_after=self._expires_after
            )
        except ResultTooLargeError:
            raise
        except Exception as error:  # noqa: BLE001 - raising would make the source repeat what has had its effects
            counted("StoreFailed")
            _log.error(
                "%s ran to its end, but its result was not stored under %s: once the lock has ended, a repetition runs "
                "it again",
                self._where,
                claim.key,
                exc_info=error,
            )
            return None
        if not owned:
            self._lost(claim, "its result is not stored, and the newer record stands")
        return cancelled

    async def _commit(self, claim: Claim, text: str) -> BaseException | None:
        transaction = claim._transaction
        try:
            owned, cancelled = await self._call(
                transaction.complete, claim.key, claim.owner, text, expires_after=self._expires_after
            )
        except Exception as error:
            transaction.roll_back()
            msg = (
                f"{self._where}: the transaction could not be committed, or the reply was lost. A repetition learns "
                f"which: it replays the result, or runs anew. The store said: {type(error).__name__}"
            )
            raise StoreError(msg) from error
        if not owned:
            raise self._lost(claim, "its transaction was rolled back")
        return cancelled

    def _lost(self, claim: Claim, outcome: str) -> OwnershipLostError:
        """Log and count that another has taken over."""
        msg = f"{self._where} took longer than its lock held, and another has taken over {claim.key}; {outcome}"
        error = OwnershipLostError(msg)
        counted("OwnershipLost")
        _log.error(msg, exc_info=error)
        return error

    def _item_of(self, key: str, owner: str, result: object) -> dict[str, Any]:
        make: Any = self._item
        return make(key, owner, self._results.write(result), expires_after=self._expires_after)  # type: ignore[no-any-return]

    def _check_payload(self, key: str, standing: StoredRecord, fingerprint: str) -> None:
        if fingerprint and standing.fingerprint and fingerprint != standing.fingerprint:
            msg = (
                f"{self._where}: another payload came under an idempotency key that was used before ({key}), so "
                "nothing ran. Make key= tell the two apart; or, if they are the same request, say with fingerprint= "
                "what of it to compare."
            )
            raise PayloadMismatchError(msg)

    def _in_progress(self, key: str, standing: StoredRecord) -> InProgressError:
        msg = f"{self._where}: another call is at work on {key}; its lock holds for {standing.left:.1f} s at most"
        return InProgressError(msg)

    def _failed(self, step: str, key: str, error: Exception) -> StoreError:
        msg = (
            f"{self._where}: the idempotency store failed at {step} of {key}, so nothing ran: "
            f"{error if isinstance(error, StoreError) else f'{type(error).__name__}, which is the cause'}"
        )
        return StoreError(msg)


def _is_ones_own(standing: StoredRecord) -> bool:
    """Whether it is the claim under which this call is made: to wait for that would be to wait for oneself."""
    outer = claimed.get()
    return outer is not None and outer.owner == standing.owner
