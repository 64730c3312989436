"""What becomes of a claim when the function does not return."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import HandlerCancelledError, idempotent
from lambdakit._interrupts import OutOfTime

if TYPE_CHECKING:
    from tests.conftest import AsKind
    from tests.idempotency.conftest import WatchedStore


class Suspended(BaseException):
    """As AWS's durable-execution SDK suspends a handler."""


@pytest.mark.parametrize("error", [ValueError("no"), OutOfTime()])
def test_a_claim_is_released_on_errors_and_on_our_own_deadline(
    as_kind: AsKind, store: WatchedStore, error: BaseException
) -> None:
    failing = [error]

    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        if failing:
            raise failing.pop()
        return "done"

    with pytest.raises(type(error)):
        handler({}, None)
    assert store.steps == ["claim", "release"]
    assert handler({}, None) == "done"


@pytest.mark.parametrize("error", [Suspended(), KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_a_claim_is_kept_on_any_other_base_exception(
    as_kind: AsKind, store: WatchedStore, error: BaseException
) -> None:
    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        raise error

    with pytest.raises(type(error)):
        handler({}, None)
    assert store.steps == ["claim"]
    standing = store.find(store.keys[0])
    assert standing is not None
    assert standing.result is None


def test_a_claim_is_released_on_cancellation_from_inside(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    async def handler(event: Any, context: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(HandlerCancelledError):
        handler({}, None)
    assert store.steps == ["claim", "release"]


async def _cancel_when(started: asyncio.Event, task: asyncio.Task[Any]) -> None:
    await started.wait()
    task.cancel()


def test_a_claim_is_released_on_cancellation_from_outside(store: WatchedStore) -> None:
    async def main() -> None:
        started = asyncio.Event()

        @idempotent(store, key=lambda event: "1")
        async def handler(event: Any, context: Any) -> None:
            started.set()
            await asyncio.Event().wait()

        task = asyncio.ensure_future(handler.acall({}, None))
        await _cancel_when(started, task)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert store.steps == ["claim", "release"]


def test_a_failure_to_release_does_not_hide_the_error(
    as_kind: AsKind, store: WatchedStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.fails["release"] = ConnectionError()

    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise ValueError("the handler's own")

    with pytest.raises(ValueError, match="the handler's own"):
        handler({}, None)
    assert "was not released, and holds until its lock ends" in caplog.text


def test_a_late_owner_that_fails_does_not_release_the_newer_claim(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        store.usurp(store.keys[0])
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        handler({}, None)
    standing = store.find(store.keys[0])
    assert standing is not None
    assert standing.owner == "f" * 32
