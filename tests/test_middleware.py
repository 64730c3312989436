"""`middleware` and `stack`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import ConfigurationError, Handler, HandlerError, current, middleware, stack
from tests.layers import taking_any

if TYPE_CHECKING:
    from tests.conftest import AsKind


def marking(mark: str) -> Any:
    @middleware
    async def layer(event: Any, call_next: Any) -> Any:
        return await call_next([*event, mark])

    return layer


def test_a_stack_is_its_parts_outermost_first(as_kind: AsKind) -> None:
    production = stack(marking("a"), marking("b"), marking("c"))
    assert production(as_kind(lambda event, context: event))([], None) == ["a", "b", "c"]


def test_stacks_can_be_stacked(as_kind: AsKind) -> None:
    both = stack(stack(marking("a"), marking("b")), stack(), marking("c"))
    assert both(as_kind(lambda event, context: event))([], None) == ["a", "b", "c"]


def test_a_stack_goes_around_the_layers_that_a_handler_has() -> None:
    handler = stack(marking("a"))(marking("b")(lambda event, context: event))
    assert handler([], None) == ["a", "b"]


def test_an_empty_stack_makes_a_handler() -> None:
    handler = stack()(taking_any(lambda event, context: current().request_id))
    assert isinstance(handler, Handler)
    assert handler({}, None) == ""


@pytest.mark.parametrize("part", [print, "logged", None, functools.lru_cache])
def test_what_is_no_middleware_cannot_be_stacked(part: Any) -> None:
    with pytest.raises(ConfigurationError, match="stack takes middleware"):
        stack(marking("a"), part)


def test_a_middleware_looks_like_its_layer() -> None:
    @middleware
    async def timed(event: Any, call_next: Any) -> Any:
        """Tell how long it took."""
        return await call_next(event)

    assert (timed.__name__, timed.__doc__) == ("timed", "Tell how long it took.")


def test_a_layer_can_be_an_object(as_kind: AsKind) -> None:
    class Prefixing:
        def __init__(self, prefix: str) -> None:
            self.prefix = prefix

        async def __call__(self, event: Any, call_next: Any) -> Any:
            return await call_next(self.prefix + event)

    handler = middleware(Prefixing("a"))(as_kind(lambda event, context: event))
    assert handler("b", None) == "ab"
    assert repr(handler).startswith("<Handler Prefixing > ")


def test_a_layer_can_be_a_method_or_a_partial(as_kind: AsKind) -> None:
    class Prefixing:
        async def layer(self, event: Any, call_next: Any) -> Any:
            return await call_next("m" + event)

    async def layer(prefix: str, event: Any, call_next: Any) -> Any:
        return await call_next(prefix + event)

    production = stack(middleware(Prefixing().layer), middleware(functools.partial(layer, "p")))
    assert production(as_kind(lambda event, context: event))("e", None) == "pme"


def test_a_layer_can_have_defaults_and_a_closure(as_kind: AsKind) -> None:
    prefix = "c"

    @middleware
    async def layer(event: Any, call_next: Any, more: str = "d", *, last: str = "e") -> Any:
        return await call_next(prefix + more + last + event)

    assert layer(as_kind(lambda event, context: event))("!", None) == "cde!"


def test_one_layer_can_stand_in_many_handlers() -> None:
    once = marking("a")
    first, second = once(lambda event, context: [*event, 1]), once(lambda event, context: [*event, 2])
    assert (first([], None), second([], None)) == (["a", 1], ["a", 2])


def plain(event: object, call_next: object) -> None: ...


async def too_few(event: object) -> None: ...


async def generator(event: object, call_next: object) -> Any:
    yield event


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (plain, r"plain \(.*\) is not `async def`"),
        (too_few, "takes 1 positional argument"),
        (generator, "is a generator"),
        (7, "cannot be called"),
    ],
)
def test_what_cannot_be_a_layer_is_refused_at_import(layer: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        middleware(layer)
    assert "async def layer(event, call_next)" in str(caught.value)


def test_a_middleware_applied_to_something_else_is_refused() -> None:
    with pytest.raises(HandlerError, match="cannot be called"):
        marking("a")("orders")
