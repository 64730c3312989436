"""Tests of `bind` and `bound`: what is in the lines where, and for how long."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING

import pytest

from lambdakit import bind, bound
from lambdakit._log_context import bound_fields

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator


@pytest.fixture(autouse=True)
def nothing_is_bound() -> None:
    assert bound_fields() == {}


def isolated(test: Callable[[], None]) -> Callable[[], None]:
    """Run a test in a context of its own, as an invocation is."""

    def run() -> None:
        copy_context().run(test)

    return run


@isolated
def test_bind_adds_fields() -> None:
    bind(a=1)
    bind(b=2)
    assert bound_fields() == {"a": 1, "b": 2}


@isolated
def test_bind_gives_a_bound_name_its_new_value() -> None:
    bind(a=1)
    bind(a=2)
    assert bound_fields() == {"a": 2}


@isolated
def test_any_name_can_be_bound() -> None:
    bind(self=1, fields=2)
    with bound(self=3, fields=4, kind=5):
        assert bound_fields() == {"self": 3, "fields": 4, "kind": 5}


@isolated
def test_what_was_bound_is_not_changed_by_a_later_bind() -> None:
    bind(a=1)
    before = bound_fields()
    bind(a=2, b=3)
    assert before == {"a": 1}


@isolated
def test_bound_holds_for_its_block() -> None:
    with bound(a=1):
        assert bound_fields() == {"a": 1}
    assert bound_fields() == {}


@isolated
def test_the_end_of_a_block_gives_shadowed_fields_their_values_back() -> None:
    bind(a=1)
    with bound(a=2):
        with bound(a=3):
            assert bound_fields() == {"a": 3}
        assert bound_fields() == {"a": 2}
    assert bound_fields() == {"a": 1}


@isolated
def test_bind_in_a_block_holds_after_it() -> None:
    with bound(a=1):
        bind(b=2)
    assert bound_fields() == {"b": 2}


@isolated
def test_a_block_ends_by_an_error_too() -> None:
    def fail() -> None:
        with bound(a=1):
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert bound_fields() == {}


@isolated
def test_one_bound_can_be_entered_again_inside_itself() -> None:
    bind(a=1)
    block = bound(a=2)
    with block:
        with block:
            pass
        assert bound_fields() == {"a": 2}
    assert bound_fields() == {"a": 1}


@isolated
def test_a_block_in_a_generator_ends_when_the_generator_does() -> None:
    def numbers() -> Generator[int, None, None]:
        with bound(a=1):
            yield 1
            yield 2

    generator = numbers()
    next(generator)
    bind(b=2)
    generator.close()
    assert bound_fields() == {"b": 2}


@isolated
def test_a_block_in_an_async_generator_can_be_closed_in_another_context() -> None:
    async def numbers() -> AsyncGenerator[int, None]:
        with bound(a=1):
            yield 1
            yield 2

    async def main() -> None:
        generator = numbers()
        # A task of its own, hence another context, starts the generator; this one closes it.
        assert await asyncio.create_task(generator.asend(None)) == 1
        bind(b=2)
        await generator.aclose()
        assert bound_fields() == {"b": 2}

    asyncio.run(main())


@isolated
def test_a_task_sees_what_was_bound_before_and_keeps_its_own_to_itself() -> None:
    async def work(name: str, together: asyncio.Barrier) -> dict[str, object]:
        bind(task=name)
        await together.wait()
        return dict(bound_fields())

    async def main() -> None:
        bind(a=1)
        together = asyncio.Barrier(2)
        seen = await asyncio.gather(work("x", together), work("y", together))
        assert [*seen] == [{"a": 1, "task": "x"}, {"a": 1, "task": "y"}]
        assert bound_fields() == {"a": 1}

    asyncio.run(main())


@isolated
def test_threads_do_not_see_one_another() -> None:
    together = threading.Barrier(4)

    def work(name: int) -> dict[str, object]:
        bind(thread=name)
        together.wait(timeout=10)
        return dict(bound_fields())

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(work, range(4)))
    assert seen == [{"thread": name} for name in range(4)]
    assert bound_fields() == {}


def test_bind_needs_no_logging_library() -> None:
    code = "import sys; from lambdakit import bind, bound; print({'structlog', 'logging', 'asyncio'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
