"""`lazy`: values that are made at first use."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import LazyError, OptionError, lazy
from lambdakit.clients import LazyAwaitable
from lambdakit.clients._lazy import known
from tests.layers import passing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self


class Pool:
    """Something that is dear to make."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.size = 3
        self.items = {"a": 1}
        self.entered = False

    def get(self) -> str:
        return "connection"

    def __call__(self, question: str) -> str:
        return question.upper()

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: str) -> int:
        return self.items[key]

    def __setitem__(self, key: str, value: int) -> None:
        self.items[key] = value

    def __delitem__(self, key: str) -> None:
        del self.items[key]

    def __contains__(self, key: str) -> bool:
        return key in self.items

    def __iter__(self) -> Iterator[str]:
        return iter(self.items)

    def __enter__(self) -> Self:
        self.entered = True
        return self

    def __exit__(self, *_: object) -> None:
        self.entered = False

    async def __aenter__(self) -> str:
        return "entered"

    async def __aexit__(self, *_: object) -> None: ...


@pytest.fixture(autouse=True)
def _count() -> None:
    Pool.made = 0


def test_nothing_is_made_before_the_first_use() -> None:
    pool = lazy(Pool)
    assert repr(pool) == "<lazy Pool, not made yet>"
    assert Pool.made == 0


def test_it_behaves_as_the_value() -> None:
    pool = lazy(Pool)
    assert pool.get() == "connection"
    assert pool.size == 3
    pool.size = 4
    assert len(pool) == 4
    pool["b"] = 2
    del pool["a"]
    assert "b" in pool
    assert pool["b"] == 2
    assert list(pool) == ["b"]
    assert pool("what") == "WHAT"
    assert bool(pool)
    assert "get" in dir(pool)
    with pool as entered:
        assert entered.entered
    assert not pool.entered
    del pool.size
    assert not hasattr(pool, "size")
    assert Pool.made == 1
    assert repr(pool).startswith("<lazy Pool: <tests.clients.test_lazy.Pool")


def test_async_with_works_too() -> None:
    pool = lazy(Pool)

    async def main() -> str:
        async with pool as entered:
            return entered

    assert asyncio.run(main()) == "entered"


def test_it_decorates_the_function_that_makes_the_value() -> None:
    @lazy
    def pool() -> Pool:
        return Pool()

    assert pool.get() == "connection"
    assert repr(pool).startswith("<lazy pool: ")


def test_a_hundred_threads_at_once_make_one() -> None:
    together = threading.Barrier(100)
    seen: list[int] = []
    pool = lazy(Pool)

    def use() -> None:
        together.wait()
        seen.append(id(pool.items))

    threads = [threading.Thread(target=use) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Pool.made == 1
    assert len(set(seen)) == 1


def test_an_error_is_raised_each_time_and_the_next_use_tries_again() -> None:
    errors = [ValueError("first"), ValueError("second")]

    @lazy
    def pool() -> Pool:
        if errors:
            raise errors.pop(0)
        return Pool()

    with pytest.raises(ValueError, match="first"):
        pool.get()
    with pytest.raises(ValueError, match="second"):
        pool.get()
    assert pool.get() == "connection"


def test_a_value_that_needs_itself_is_told() -> None:
    @lazy
    def pool() -> Pool:
        pool.get()
        return Pool()

    with pytest.raises(LazyError, match="lazy pool needs itself"):
        pool.get()


@pytest.mark.parametrize("value", [None, 0, "", []])
def test_a_value_may_be_falsy(value: object) -> None:
    made: list[object] = []

    @lazy
    def nothing() -> object:
        made.append(value)
        return value

    assert not nothing
    assert not nothing
    assert len(made) == 1


@pytest.mark.parametrize("initialization", ["provisioned-concurrency", "snap-start", "lambda-managed-instances"])
def test_where_nobody_waits_it_is_made_at_import(monkeypatch: pytest.MonkeyPatch, initialization: str) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialization)
    lazy(Pool)
    lazy(Pool, early=False)
    assert Pool.made == 1


def test_on_demand_it_is_made_early_only_where_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    lazy(Pool)
    assert Pool.made == 0
    lazy(Pool, early=True)
    assert Pool.made == 1
    monkeypatch.setenv("LAMBDAKIT_EARLY_CLIENTS", "1")
    lazy(Pool)
    assert Pool.made == 2


def test_an_early_one_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    errors = [ValueError("not yet")]

    def make() -> Pool:
        if errors:
            raise errors.pop()
        return Pool()

    pool = lazy(make, early=True)
    assert "lazy make could not be made early; its first use tries again" in caplog.text
    assert pool.get() == "connection"


async def value() -> Pool:
    return Pool()


@pytest.mark.parametrize(
    ("factory", "options", "problem"),
    [
        ("text", {}, "it takes a function that makes the value, not 'text'"),
        (lambda url: url, {}, "takes 1 positional argument, not"),
        (Pool, {"warm": lambda: None}, r"warm is called with the value; .* takes 0 positional arguments"),
        (value, {"warm": lambda made: made}, "warm is for values that a plain function makes"),
    ],
)
def test_wrong_use_is_told_at_import(factory: Any, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=rf"^@lazy \(.*test_lazy\.py, line \d+\): .*{problem}"):
        lazy(factory, **options)


def test_what_nobody_holds_is_not_kept() -> None:
    pool = lazy(Pool)
    assert any(once.name == "lazy Pool" for once in known)
    del pool
    gc.collect()
    assert not any(once.name == "lazy Pool" for once in known)


def test_an_async_factory_gives_something_to_await() -> None:
    pool = lazy(value)
    assert isinstance(pool, LazyAwaitable)
    assert repr(pool) == "<lazy value, to be awaited>"

    async def main() -> None:
        assert (await pool).get() == "connection"
        assert await pool is await pool

    asyncio.run(main())
    assert Pool.made == 1


def test_a_hundred_tasks_at_once_make_one_and_each_loop_has_its_own() -> None:
    async def make() -> Pool:
        await asyncio.sleep(0)
        return Pool()

    pool = lazy(make)

    async def use() -> Pool:
        return await pool

    async def main() -> set[int]:
        return {id(found) for found in await asyncio.gather(*(use() for _ in range(100)))}

    assert len(asyncio.run(main())) == 1
    assert Pool.made == 1
    assert len(asyncio.run(main())) == 1
    assert Pool.made == 2


def test_what_was_made_on_a_loop_that_is_closed_is_not_kept() -> None:
    pool = lazy(value)

    async def use() -> Pool:
        return await pool

    for _ in range(3):
        asyncio.run(use())
    assert len(pool._made) == 1


def test_async_handlers_share_one_value() -> None:
    pool = lazy(value)

    @passing
    async def handler(event: Any, context: Any) -> int:
        return id(await pool)

    assert handler({}, None) == handler({}, None)
    assert Pool.made == 1


def test_an_async_factory_that_fails_is_tried_again() -> None:
    errors = [ValueError("first")]

    async def make() -> Pool:
        if errors:
            raise errors.pop()
        return Pool()

    pool = lazy(make)

    async def main() -> str:
        with pytest.raises(ValueError, match="first"):
            await pool
        return (await pool).get()

    assert asyncio.run(main()) == "connection"


def test_one_task_that_is_cancelled_leaves_the_value_to_the_others() -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def make() -> Pool:
            await go_on.wait()
            return Pool()

        pool = lazy(make)

        async def use() -> str:
            return (await pool).get()

        first, second = asyncio.create_task(use()), asyncio.create_task(use())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        go_on.set()
        assert await second == "connection"
        assert first.cancelled()

    asyncio.run(main())
    assert Pool.made == 1


def test_tasks_of_an_async_factory_outlast_the_invocation() -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def make() -> Pool:
        tasks.append(asyncio.create_task(asyncio.Event().wait()))
        return Pool()

    pool = lazy(make)

    @passing
    async def handler(event: Any, context: Any) -> bool:
        await pool
        return tasks[0].done()

    assert handler({}, None) is False
    assert handler({}, None) is False

    @passing
    async def ending(event: Any, context: Any) -> None:
        tasks[0].cancel()

    ending({}, None)


def test_nothing_of_the_first_invocations_context_sticks_to_an_async_value() -> None:
    from lambdakit import bind
    from lambdakit._log_context import bound_fields

    seen: list[object] = []

    async def make() -> Pool:
        seen.append(dict(bound_fields()))
        return Pool()

    pool = lazy(make)

    @passing
    async def handler(event: Any, context: Any) -> None:
        bind(order=1)
        await pool

    handler({}, None)
    assert seen == [{}]
