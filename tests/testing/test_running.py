"""run and arun: a handler, called as Lambda calls it."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import Context, RunningLoopError, current
from lambdakit.errors import EncodeError
from lambdakit.testing import Events, FakeContext, arun, run
from tests.layers import passing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import AsKind


@pytest.fixture(params=["run", "arun"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Both ways to call a handler, as one."""
    if request.param == "run":
        return run
    return lambda handler, event, context=None: asyncio.run(arun(handler, event, context))


def test_event_and_result_go_through_json(call: Callable[..., Any], as_kind: AsKind) -> None:
    handler = passing(as_kind(lambda event, context: {"got": event, "total": Decimal("9.50"), 1: ("a",)}))
    assert call(handler, {"items": (1, 2)}) == {"got": {"items": [1, 2]}, "total": 9.5, "1": ["a"]}


def test_the_event_of_the_test_is_not_touched(call: Callable[..., Any], as_kind: AsKind, events: Events) -> None:
    event = events.sqs("a")
    assert call(passing(as_kind(lambda event, context: event.clear())), event) is None
    assert event["Records"]


def test_a_bare_function_is_a_handler_too(call: Callable[..., Any]) -> None:
    assert call(lambda event, context: event, {"a": 1}) == {"a": 1}


def test_without_a_context_there_is_a_new_one_each_time(call: Callable[..., Any], as_kind: AsKind) -> None:
    handler = passing(as_kind(lambda event, context: [current().request_id, context.function_name]))
    (first, name), (second, _) = call(handler, {}), call(handler, {})
    assert first != second
    assert name == "function"


def test_the_context_is_handed_on(call: Callable[..., Any], as_kind: AsKind, lambda_context: FakeContext) -> None:
    lambda_context.remaining = 1.5
    handler = passing(as_kind(lambda event, context: [context is lambda_context, current().remaining]))
    assert call(handler, {}, lambda_context) == [True, 1.5]


def test_what_the_handler_raises_comes_through(call: Callable[..., Any], as_kind: AsKind) -> None:
    def fail(event: object, context: object) -> None:
        raise KeyError("order")

    with pytest.raises(KeyError, match="order"):
        call(passing(as_kind(fail)), {})


def test_a_result_that_lambda_cannot_encode_is_an_error(call: Callable[..., Any], as_kind: AsKind) -> None:
    with pytest.raises(EncodeError, match=r"^Runtime\.MarshalError: .* set is not JSON serializable"):
        call(passing(as_kind(lambda event, context: {1, 2})), {})


def test_a_bare_async_function_is_an_error_as_on_lambda(call: Callable[..., Any]) -> None:
    async def handler(event: object, context: Context) -> None: ...

    with pytest.raises(EncodeError, match=r"coroutine is not JSON serializable\. Lambda does not await .*handler"):
        call(handler, {})


def test_an_async_handler_where_a_loop_runs_is_an_error_that_names_arun() -> None:
    @passing
    async def handler(event: object, context: Context) -> None: ...

    async def test() -> None:
        run(handler, {})

    with pytest.raises(RunningLoopError) as caught:
        asyncio.run(test())
    assert "await arun(handler, event)" in caught.value.__notes__[0]


def test_a_plain_handler_runs_where_a_loop_runs() -> None:
    async def test() -> object:
        return run(passing(lambda event, context: event), {"a": 1})

    assert asyncio.run(test()) == {"a": 1}


@pytest.mark.parametrize("before", [None, "Root=1-0-0"])
def test_the_trace_header_is_in_the_environment_while_the_handler_runs(
    before: str | None, call: Callable[..., Any], as_kind: AsKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if before is not None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", before)
    handler = passing(as_kind(lambda event, context: os.environ.get("_X_AMZN_TRACE_ID")))
    assert call(handler, {}, FakeContext(trace_header="Root=1-2-3")) == "Root=1-2-3"
    assert os.environ.get("_X_AMZN_TRACE_ID") == before
    assert call(handler, {}, FakeContext()) == before
