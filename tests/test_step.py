"""Running a chain with no event loop, and calling what blocks from either kind of chain."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import SuspendedError, blocking, current, middleware
from tests.layers import passing

if TYPE_CHECKING:
    from lambdakit.testing import FakeContext
    from tests.conftest import AsKind


@middleware
async def sleeping(event: Any, call_next: Any) -> Any:
    await asyncio.sleep(0.001)
    return await call_next(event)


@middleware
async def yielding(event: Any, call_next: Any) -> Any:
    await asyncio.sleep(0)
    return await call_next(event)


@middleware
async def threaded(event: Any, call_next: Any) -> Any:
    event["thread"] = await blocking(threading.get_ident)
    event["request"] = await blocking(lambda: current().request_id)
    return await call_next(event)


@pytest.mark.parametrize("layer", [sleeping, yielding])
def test_a_layer_that_needs_a_loop_under_a_plain_handler_is_named(layer: Any) -> None:
    name = layer.__name__
    with pytest.raises(SuspendedError, match=rf"{name} \(.*test_step\.py, line \d+\) awaited .*async def.*blocking"):
        layer(lambda event, context: event)({}, None)


@pytest.mark.parametrize("layer", [sleeping, yielding])
def test_a_layer_that_needs_a_loop_works_under_an_async_handler(layer: Any) -> None:
    async def handler(event: object, context: Any) -> object:
        return event

    assert layer(handler)("e", None) == "e"


def test_a_layer_that_awaits_under_a_plain_handler_inside_a_running_loop_is_named() -> None:
    handler = sleeping(lambda event, context: event)

    async def test() -> None:
        handler({}, None)

    with pytest.raises(SuspendedError, match="sleeping"):
        asyncio.run(test())


def test_the_error_of_a_layer_that_awaits_is_seen_by_the_layers_around_it() -> None:
    @middleware
    async def catching(event: Any, call_next: Any) -> Any:
        try:
            return await call_next(event)
        except SuspendedError:
            return "caught"

    assert catching(yielding(lambda event, context: event))({}, None) == "caught"


def test_a_layer_that_awaits_even_while_it_is_closed_is_still_named() -> None:
    @middleware
    async def stubborn(event: Any, call_next: Any) -> Any:
        for _ in range(3):
            try:
                await asyncio.sleep(0)
            except BaseException:
                continue

    with pytest.raises(SuspendedError, match="stubborn"):
        stubborn(lambda event, context: event)({}, None)


def test_a_function_that_asks_for_a_loop_of_its_own_gets_pythons_error() -> None:
    def handler(event: object, context: Any) -> None:
        asyncio.get_running_loop()

    with pytest.raises(RuntimeError, match="no running event loop") as caught:
        passing(handler)({}, None)
    assert not isinstance(caught.value, SuspendedError)


def test_blocking_calls_right_here_under_a_plain_handler() -> None:
    event = threaded(lambda event, context: event)({}, None)
    assert event["thread"] == threading.get_ident()


def test_blocking_uses_a_thread_under_an_async_handler_and_keeps_the_context(lambda_context: FakeContext) -> None:
    async def handler(event: Any, context: Any) -> Any:
        return event

    event = threaded(handler)({}, lambda_context)
    assert event["thread"] != threading.get_ident()
    assert event["request"] == lambda_context.aws_request_id


def test_blocking_belongs_to_the_chain_and_not_to_the_loop_around_it() -> None:
    inner = threaded(lambda event, context: event)

    @passing
    async def outer(event: Any, context: Any) -> Any:
        before = await blocking(threading.get_ident)
        inside = inner({}, None)["thread"]
        after = await blocking(threading.get_ident)
        return before, inside, after

    here = threading.get_ident()
    before, inside, after = outer({}, None)
    assert (before == here, inside == here, after == here) == (False, True, False)


def test_blocking_passes_arguments_results_and_errors(as_kind: AsKind) -> None:
    @middleware
    async def computing(event: Any, call_next: Any) -> Any:
        with pytest.raises(ZeroDivisionError):
            await blocking(divmod, 1, 0)
        return await blocking(int, "ff", base=16)

    assert computing(as_kind(lambda event, context: None))({}, None) == 255


def test_blocking_works_outside_any_handler() -> None:
    assert asyncio.run(blocking(int, "7")) == 7
