"""`idempotent` itself over every store, on real servers: what the layer promises does not depend on the store."""

from __future__ import annotations

import logging
import time
from os import urandom
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import InProgressError, PayloadMismatchError, idempotent, sqs_batch
from lambdakit.stores import MemoryStore
from lambdakit.testing.store_contract._race import Race
from tests.layers import passing
from tests.stores.processes import Kind, new_place, stores_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdakit.stores import Store
    from lambdakit.testing import Events
    from tests.conftest import AsKind

KINDS: tuple[Kind | None, ...] = (None, "sqlite", "redis", "postgres", "dynalite", "moto")
RACERS = 8
PATIENCE = 30.0


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind or "memory")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param is None:
        yield MemoryStore()
        return
    with stores_at(new_place(request.param, request, tmp_path_factory.mktemp("store"))) as new_store:
        yield new_store()


@pytest.fixture
def order() -> str:
    """An id that no other test has: they share the store."""
    return urandom(8).hex()


def id_of(event: Any) -> object:
    return event["id"]


def whole(event: Any) -> object:
    return event


def test_a_repetition_gets_an_equal_result_and_does_not_run(as_kind: AsKind, store: Store, order: str) -> None:
    ran: list[Any] = []

    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        ran.append(event)
        return {"greeting": "Grüße \U0001f9fe", "of": [None, False, 0, "", 1.5, 10**30]}

    first = handler({"id": order}, None)
    again = handler({"id": order}, None)
    assert first == again
    assert first is not again
    assert len(ran) == 1


@pytest.mark.parametrize("result", [None, False, 0, "", [], {}])
def test_a_result_that_is_falsy_is_replayed(as_kind: AsKind, store: Store, order: str, result: object) -> None:
    ran: list[Any] = []

    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        ran.append(event)
        return result

    assert [handler({"id": order}, None) for _ in range(2)] == [result, result]
    assert len(ran) == 1


def test_the_handler_may_change_the_event(as_kind: AsKind, store: Store, order: str) -> None:
    ran: list[Any] = []

    @idempotent(store, key=id_of, fingerprint=whole)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        ran.append(event["id"])
        event["id"] = "another"
        event["total"]["net"] = 0
        event.pop("items")
        return "charged"

    for _ in range(2):
        assert handler({"id": order, "total": {"net": 5}, "items": []}, None) == "charged"
    assert ran == [order]


def test_another_payload_under_the_same_key_is_refused(as_kind: AsKind, store: Store, order: str) -> None:
    ran: list[Any] = []

    @idempotent(store, key=id_of, fingerprint=whole)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        ran.append(event["total"])

    handler({"id": order, "total": 5}, None)
    with pytest.raises(PayloadMismatchError):
        handler({"id": order, "total": 6}, None)
    assert ran == [5]


def test_an_error_releases_the_key(as_kind: AsKind, store: Store, order: str) -> None:
    outcomes = iter([ValueError("no"), None])

    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        if error := next(outcomes):
            raise error
        return "charged"

    with pytest.raises(ValueError, match="no"):
        handler({"id": order}, None)
    assert [handler({"id": order}, None) for _ in range(2)] == ["charged", "charged"]


def test_nested_functions_each_run_once_on_one_store(as_kind: AsKind, store: Store, order: str) -> None:
    ran: list[str] = []

    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> str:
        ran.append("charge")
        return f"receipt of {order}"

    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        receipt = charge(event["id"])
        ran.append("handler")
        if ran.count("handler") == 1:
            raise TimeoutError
        return receipt

    with pytest.raises(TimeoutError):
        handler({"id": order}, None)
    assert [handler({"id": order}, None) for _ in range(2)] == [f"receipt of {order}"] * 2
    assert ran == ["charge", "handler", "handler"]


def test_of_calls_at_the_same_time_one_runs(store: Store, order: str) -> None:
    ran: list[Any] = []

    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> Any:
        ran.append(event)
        return "charged"

    def call() -> object:
        try:
            return handler({"id": order}, None)
        except InProgressError as error:
            return error

    race = Race(RACERS, patience=PATIENCE)
    came = race([call] * RACERS)
    race.close()
    assert len(ran) == 1
    assert all(each == "charged" or isinstance(each, InProgressError) for each in came)
    assert "charged" in came


def test_what_another_has_taken_over_is_not_stored(
    as_kind: AsKind, store: Store, order: str, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    @idempotent.function(store, key=lambda order: order, lock=0.05)
    def charge(order: str) -> str:
        ran.append("slow" if not ran else "quick")
        mine = ran[-1]
        if mine == "slow":
            assert another_is_done(order)
        return mine

    def another_is_done(order: str) -> bool:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                return charge(order) == "quick"
            except InProgressError:
                time.sleep(0.02)
        return False

    @passing
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        return charge(event["id"])

    with caplog.at_level(logging.ERROR, "lambdakit"):
        assert handler({"id": order}, None) == "slow"  # it has had its effects; its caller is told what it did
    assert charge(order) == "quick"
    assert ran == ["slow", "quick"]
    assert "another has taken over" in caplog.text


def test_a_message_that_is_delivered_again_does_not_run(
    as_kind: AsKind, store: Store, order: str, events: Events
) -> None:
    ran: list[Any] = []

    @sqs_batch
    @idempotent(store, key=lambda message: message["body"])
    @as_kind
    def handler(message: Any, context: Any) -> None:
        ran.append(message["body"])

    first, second = events.sqs(order, f"{order} b"), events.sqs(order, f"{order} b")  # receipt handles are new
    assert handler(first, None) == handler(second, None) == {"batchItemFailures": []}
    assert ran == [order, f"{order} b"]
