"""`span` as a decorator: of functions of every kind, which stay what they are."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import OptionError, span, traced
from lambdakit.testing import FakeContext
from tests.layers import passing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator

    from lambdakit.testing import CapturedSpans


def in_trace(work: Callable[[], Any]) -> Any:
    """Do something in a traced invocation, and give what comes of it."""
    handler: Any = traced(lambda event, context: work())
    return handler({}, FakeContext())


def in_async_trace(work: Callable[[], Any]) -> Any:
    """The same in an async handler."""

    @traced
    async def handler(event: Any, context: Any) -> Any:
        return await work()

    return handler({}, FakeContext())


@span("add", unit="EUR")
def add(a: int, /, b: int = 2, *, c: int = 3) -> int:
    """Add."""
    return a + b + c


@span("add")
async def add_async(a: int, b: int = 2) -> int:
    await asyncio.sleep(0)
    return a + b


@span("count")
def count(upto: int) -> Generator[int, str, str]:
    got = []
    for number in range(upto):
        with span(f"step {number}"):
            pass
        got.append((yield number))
    return f"got {got}"


@span("count")
async def count_async(upto: int) -> AsyncGenerator[int, str]:
    for number in range(upto):
        with span(f"step {number}"):
            await asyncio.sleep(0)
        yield number


def test_a_function_is_called_as_before_and_each_call_is_a_span(spans: CapturedSpans) -> None:
    assert in_trace(lambda: [add(1), add(1, 1, c=1)]) == [6, 3]
    assert [each.attributes for each in spans.named("add")] == [{"unit": "EUR"}] * 2


def test_an_async_function_too(spans: CapturedSpans) -> None:
    async def both() -> list[int]:
        return list(await asyncio.gather(add_async(1), add_async(2, 3)))

    assert in_async_trace(both) == [3, 5]
    assert {each.parent_id for each in spans.named("add")} == {spans["function"].span_id}


def test_a_function_keeps_its_signature_its_name_and_its_kind() -> None:
    assert (add.__name__, add.__doc__) == ("add", "Add.")
    assert str(inspect.signature(add)) == "(a: 'int', /, b: 'int' = 2, *, c: 'int' = 3) -> 'int'"
    assert inspect.iscoroutinefunction(add_async)
    assert inspect.isgeneratorfunction(count)
    assert inspect.isasyncgenfunction(count_async)


@pytest.mark.parametrize("is_traced", [True, False])
def test_a_generator_gives_and_takes_what_it_did(is_traced: bool, spans: CapturedSpans) -> None:
    def drive() -> list[object]:
        generator = count(2)
        given: list[object] = [next(generator), generator.send("a")]
        with pytest.raises(StopIteration) as stopped:
            generator.send("b")
        return [*given, stopped.value.value]

    assert (in_trace(drive) if is_traced else drive()) == [0, 1, "got ['a', 'b']"]
    assert len(spans.named("count")) == (1 if is_traced else 0)


def test_a_generators_span_is_the_current_one_in_the_generator_alone(spans: CapturedSpans) -> None:
    def work() -> None:
        for number in count(2):
            with span(f"between {number}"):
                pass

    in_trace(work)
    root, counting = spans["function"], spans["count"]
    assert counting.parent_id == root.span_id
    assert [each.name for each in spans.under(counting)] == ["step 0", "step 1"]
    assert [each.name for each in spans.under(root)] == ["count", "between 0", "between 1"]


def test_an_async_generators_span_is_the_current_one_in_the_generator_alone(spans: CapturedSpans) -> None:
    async def work() -> list[int]:
        seen = []
        async for number in count_async(2):
            with span(f"between {number}"):
                await asyncio.sleep(0)
            seen.append(number)
        return seen

    assert in_async_trace(work) == [0, 1]
    root, counting = spans["function"], spans["count"]
    assert [each.name for each in spans.under(counting)] == ["step 0", "step 1"]
    assert [each.name for each in spans.under(root)] == ["count", "between 0", "between 1"]


def test_two_generators_that_take_turns_do_not_nest(spans: CapturedSpans) -> None:
    in_trace(lambda: list(zip(count(2), count(2), strict=True)))
    assert {each.parent_id for each in spans.named("count")} == {spans["function"].span_id}
    for counting in spans.named("count"):
        assert [each.name for each in spans.under(counting)] == ["step 0", "step 1"]


@pytest.mark.parametrize("is_traced", [True, False])
def test_what_is_thrown_into_a_generator_arrives_there(is_traced: bool, spans: CapturedSpans) -> None:
    @span("catching")
    def catching() -> Iterator[str]:
        try:
            yield "first"
        except KeyError:
            yield "caught"
        raise ValueError("end")

    def drive() -> list[str]:
        generator: Any = catching()
        given = [next(generator), generator.throw(KeyError("x"))]
        with pytest.raises(ValueError, match="end"):
            next(generator)
        return given

    assert (in_trace(drive) if is_traced else drive()) == ["first", "caught"]
    assert [each.error for each in spans.named("catching")] == (["ValueError"] if is_traced else [])


@pytest.mark.parametrize("is_traced", [True, False])
def test_an_async_generator_takes_what_is_sent_and_thrown_and_is_closed(is_traced: bool, spans: CapturedSpans) -> None:
    closed: list[str] = []

    @span("echo")
    async def echo() -> AsyncGenerator[object, object]:
        got: object = None
        try:
            while True:
                try:
                    got = yield got
                except KeyError:
                    got = "caught"
        finally:
            await asyncio.sleep(0)
            closed.append("yes")

    async def drive() -> list[object]:
        generator = echo()
        given = [await anext(generator), await generator.asend("a"), await generator.athrow(KeyError("x"))]
        await generator.aclose()
        return given

    assert (in_async_trace(drive) if is_traced else asyncio.run(drive())) == [None, "a", "caught"]
    assert closed == ["yes"]
    assert [each.error for each in spans.named("echo")] == ([None] if is_traced else [])


def test_a_generator_that_is_closed_early_has_not_failed(spans: CapturedSpans) -> None:
    def work() -> None:
        generator = count(5)
        next(generator)
        generator.close()

    in_trace(work)
    assert spans["count"].error is None


def test_a_generator_that_outlives_its_invocation_ends_its_span_in_the_trace_it_began_in(spans: CapturedSpans) -> None:
    @span("long")
    def long() -> Iterator[int]:
        yield 1
        yield 2

    generator: Any = long()
    in_trace(lambda: next(generator))
    in_trace(lambda: list(generator))
    first, second = spans.named("function")
    assert spans["long"].parent_id == first.span_id
    assert second.trace_id == first.trace_id or spans["long"].trace_id == first.trace_id


def test_methods_of_every_kind_can_be_decorated(spans: CapturedSpans) -> None:
    class Bank:
        name = "bank"

        @span("plain")
        def plain(self, amount: int) -> str:
            return f"{self.name} {amount}"

        @span("class")
        @classmethod
        def of_class(cls) -> str:
            return cls.name

        @staticmethod
        @span("static")
        def static(amount: int) -> int:
            return amount

        @span("outside")
        @staticmethod
        def outside(amount: int) -> int:
            return amount

    bank = Bank()
    given = in_trace(lambda: [bank.plain(1), bank.of_class(), Bank.of_class(), bank.static(2), Bank.outside(3)])
    assert given == ["bank 1", "bank", "bank", 2, 3]
    assert [each.name for each in spans][1:] == ["plain", "class", "class", "static", "outside"]


def test_partials_and_objects_can_be_decorated(spans: CapturedSpans) -> None:
    class Adder:
        async def __call__(self, a: int) -> int:
            return a + 1

    decorated = span("partial")(functools.partial(add, 1, 1))
    assert in_trace(decorated) == 5
    assert asyncio.iscoroutinefunction(called := span("object")(Adder()))
    assert in_async_trace(lambda: called(1)) == 2
    assert [each.name for each in spans.named("object")] == ["object"]


def test_a_recursive_function_has_a_span_for_each_call(spans: CapturedSpans) -> None:
    @span("down")
    def down(depth: int) -> int:
        return depth and down(depth - 1)

    in_trace(lambda: down(2))
    first, second, third = spans.named("down")
    assert (second.parent_id, third.parent_id) == (first.span_id, second.span_id)


def test_one_span_object_can_be_entered_again_in_itself(spans: CapturedSpans) -> None:
    def work() -> None:
        again = span("again")
        with again, again:
            pass
        with again:
            pass

    in_trace(work)
    first, second, third = spans.named("again")
    assert second.parent_id == first.span_id
    assert third.parent_id == first.parent_id == spans["function"].span_id


def test_where_nothing_is_traced_nothing_happens() -> None:
    with span("x", a=1) as given:
        given.set(b=2)
        given.event("y", c=3)
        given.fail("z")
        assert given is span.current()
    assert add(1) == 6
    assert asyncio.run(add_async(1)) == 3
    with pytest.raises(ValueError, match="through"), span("x"):
        raise ValueError("through")


def test_an_attribute_may_have_any_name(spans: CapturedSpans) -> None:
    def work() -> None:
        with span("x", name="n", self=1) as given:
            given.event("y", name="m", self=2)
            given.set(self=3)

    in_trace(work)
    assert dict(spans["x"].attributes) == {"name": "n", "self": 3}
    assert spans["x"].events == [("y", {"name": "m", "self": 2})]


@pytest.mark.parametrize("what", [int, "text", passing(lambda event, context: None)])
def test_what_is_no_function_is_refused(what: Any) -> None:
    with pytest.raises(
        OptionError, match=r"@span \(.*test_span.py, line \d+\): .* is (no function|a handler: use @traced)"
    ):
        span("x")(what)


async def _streamed() -> AsyncIterator[int]:
    yield 1


def test_an_async_generator_that_nobody_finishes_is_no_error(spans: CapturedSpans) -> None:
    async def work() -> int:
        generator: Any = span("left")(_streamed)()
        first: int = await anext(generator)
        await generator.aclose()
        return first

    assert in_async_trace(work) == 1
    assert spans["left"].error is None
