"""`idempotent.function`: functions and methods that are no handlers."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import HandlerError, IdempotencyKeyError, PayloadMismatchError, current, idempotent
from lambdakit.stores import MemoryStore
from lambdakit.testing import FakeContext
from tests.layers import passing

if TYPE_CHECKING:
    from tests.idempotency.conftest import WatchedStore


def test_a_plain_function_runs_once_for_each_key(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str, amount: int) -> str:
        calls.append(order)
        return f"{order}: {amount}"

    assert charge("a", 1) == charge("a", amount=1) == charge(order="a", amount=1) == "a: 1"
    assert charge("b", 1) == "b: 1"
    assert calls == ["a", "b"]


def test_an_async_function_runs_once_for_each_key(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent.function(store, key=lambda order: order)
    async def charge(order: str) -> str:
        calls.append(order)
        return order

    async def main() -> list[str]:
        return [await charge("a"), await charge("a"), await charge("b")]

    assert asyncio.run(main()) == ["a", "a", "b"]
    assert calls == ["a", "b"]


def test_signature_name_and_kind_are_kept(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    async def charge(order: str, *, amount: int = 1) -> str:
        """Charge it."""
        return order

    assert charge.__name__ == "charge"
    assert charge.__doc__ == "Charge it."
    assert list(inspect.signature(charge).parameters) == ["order", "amount"]
    assert inspect.iscoroutinefunction(charge)


def test_methods(store: WatchedStore, calls: list[Any]) -> None:
    class Shop:
        @idempotent.function(store, key=lambda order: order)
        def charge(self, order: str) -> str:
            calls.append(self)
            return order

        @classmethod
        @idempotent.function(store, key=lambda order: order)
        def refund(cls, order: str) -> str:
            calls.append(cls)
            return order

        @staticmethod
        @idempotent.function(store, key=lambda order: order)
        def ship(order: str) -> str:
            calls.append("ship")
            return order

    shop = Shop()
    assert shop.charge("a") == shop.charge("a") == Shop().charge("a") == "a"  # self is no part of the payload
    assert Shop.refund("a") == shop.refund("a") == "a"
    assert Shop.ship("a") == shop.ship("a") == "a"
    assert calls == [shop, Shop, "ship"]


def test_other_arguments_under_one_key_are_another_payload(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str, amount: int = 5) -> None: ...

    charge("a")
    charge("a", 5)
    charge("a", amount=5)
    with pytest.raises(PayloadMismatchError):
        charge("a", 6)


def test_the_key_function_takes_what_it_names(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda amount, order: (order, amount), fingerprint=lambda currency: currency)
    def charge(order: str, amount: int = 5, *, currency: str = "EUR") -> int:
        return len(store.steps)

    assert charge("a") == charge("a", 5) == charge(order="a", amount=5, currency="EUR")
    with pytest.raises(PayloadMismatchError):
        charge("a", 5, currency="USD")


def test_a_key_function_with_names_of_its_own_takes_the_arguments_as_given(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda *args, **kwargs: (args, sorted(kwargs.items())))
    def first(*orders: str, **more: int) -> int:
        return len(store.steps)

    assert first("a", "b", c=1) == first("a", "b", c=1)

    @idempotent.function(store, key=lambda it: it)
    def second(order: str) -> int:
        return len(store.steps)

    assert second("a") == second("a")


def test_without_a_key_nothing_runs(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str | None) -> None:
        raise AssertionError

    with pytest.raises(IdempotencyKeyError, match=r"charge .* the idempotency key is None"):
        charge(None)


def test_outside_an_invocation_the_lock_is_as_long_as_any(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> None: ...

    charge("a")
    assert store.locks == [905.0]


def test_inside_one_it_ends_with_the_invocation(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> None: ...

    @passing
    def handler(event: Any, context: Any) -> None:
        charge("a")

    handler({}, FakeContext(timeout=20))
    assert store.locks == [25.0]


def test_lock_says_how_long_it_is(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order, lock=1.5)
    def charge(order: str) -> None: ...

    charge("a")
    assert store.locks == [1.5]


def test_nested_on_one_store_each_with_its_own_options(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent.function(store, key=lambda order: order, lock=7)
    def charge(order: str) -> str:
        calls.append(current_claim().key)
        return f"charged {order}"

    @idempotent(store, key=lambda event: event["order"], lock=9)
    def handler(event: Any, context: Any) -> str:
        before = current_claim().key
        result = charge(event["order"])
        assert current_claim().key == before
        calls.append(before)
        return result

    def current_claim() -> Any:
        return current().claim

    assert handler({"order": "a"}, None) == handler({"order": "a"}, None) == "charged a"
    assert len(set(calls)) == 2
    assert store.locks[:2] == [9, 7]


def test_a_plain_function_inside_an_async_handler(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> int:
        return len(store.steps)

    @idempotent(store, key=lambda event: event["n"])
    async def handler(event: Any, context: Any) -> list[int]:
        await asyncio.sleep(0)
        return [charge("a"), charge("a")]

    assert handler({"n": 1}, None) == handler({"n": 1}, None)
    assert len(set(handler({"n": 1}, None))) == 1


def test_an_async_function_inside_a_plain_handler(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    async def charge(order: str) -> int:
        await asyncio.sleep(0)
        return len(store.steps)

    @idempotent(store, key=lambda event: event["n"])
    def handler(event: Any, context: Any) -> list[int]:
        async def both() -> list[int]:
            return [await charge("a"), await charge("a")]

        return asyncio.run(both())

    assert len(set(handler({"n": 1}, None))) == 1


def test_a_replay_of_a_function_does_not_make_the_handler_replayed(store: WatchedStore) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> None: ...

    @passing
    def handler(event: Any, context: Any) -> bool:
        charge("a")
        return current().replayed

    charge("a")
    assert handler({}, None) is False


def test_context_variables_that_the_function_sets_stay_set(store: WatchedStore) -> None:
    from contextvars import ContextVar

    variable: ContextVar[str] = ContextVar("variable", default="")

    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> None:
        variable.set(order)

    charge("a")
    assert variable.get() == "a"


def test_many_tasks_at_once_run_one(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent.function(store, key=lambda order: order, on_running="wait")
    async def charge(order: str) -> str:
        calls.append(order)
        await asyncio.sleep(0)
        return order

    async def main() -> list[str]:
        return await asyncio.gather(*(charge("a") for _ in range(20)))

    assert asyncio.run(main()) == ["a"] * 20
    assert calls == ["a"]


@pytest.mark.parametrize("kind", ["generator", "async generator", "class"])
def test_what_returns_nothing_that_can_be_stored_is_refused(store: WatchedStore, kind: str) -> None:
    def generator(order: str) -> Any:
        yield order

    async def async_generator(order: str) -> Any:
        yield order

    class Order:
        def __init__(self, order: str) -> None: ...

    target: Any = {"generator": generator, "async generator": async_generator, "class": Order}[kind]
    with pytest.raises(HandlerError, match="cannot be decorated"):
        idempotent.function(store, key=lambda order: order)(target)


def test_a_plain_function_that_gives_a_coroutine_is_refused_and_its_claim_released(store: WatchedStore) -> None:
    async def charge(order: str) -> str:
        return order

    def unmarked(order: str) -> Any:
        return charge(order)

    wrong = idempotent.function(store, key=lambda order: order)(unmarked)
    with pytest.raises(HandlerError, match="looks like a plain function but gave a coroutine"):
        wrong("a")
    assert store.steps == ["claim", "release"]


def test_it_works_on_every_store_that_has_the_four_methods() -> None:
    @idempotent.function(MemoryStore(), key=lambda order: order)
    def charge(order: str) -> None: ...

    charge("a")
