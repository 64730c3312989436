"""What `current()` tells, and which invocation a call belongs to."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest

from lambdakit import Handler, Invocation, NoInvocationError, current
from lambdakit.testing import FakeContext
from tests.layers import passing, taking_any

if TYPE_CHECKING:
    from tests.conftest import AsKind


def test_outside_an_invocation_current_is_an_error_that_says_so() -> None:
    with pytest.raises(NoInvocationError, match="outside an invocation"):
        current()


def test_it_tells_what_the_context_tells(as_kind: AsKind) -> None:
    context = FakeContext(timeout=30, tenant_id="acme")
    context.advance(12.5)
    seen = passing(as_kind(lambda event, context: (current(), current().remaining)))({}, context)
    invocation, remaining = seen
    assert invocation.request_id == context.aws_request_id
    assert invocation.context is context
    assert invocation.tenant_id == "acme"
    assert remaining == 17.5
    assert repr(invocation) == f"<Invocation {context.aws_request_id}>"


def test_a_context_that_is_a_mock_is_asked_itself() -> None:
    context = MagicMock(aws_request_id="r-1")
    context.get_remaining_time_in_millis.return_value = 1500
    invocation = passing(taking_any(lambda event, context: current()))({}, context)
    assert invocation.context is context
    assert (invocation.request_id, invocation.remaining) == ("r-1", 1.5)


def test_the_deadline_is_now_plus_what_remains(lambda_context: FakeContext) -> None:
    before = time.time()
    deadline = passing(taking_any(lambda event, context: current().deadline))({}, lambda_context)
    assert before <= deadline - lambda_context.get_remaining_time_in_millis() / 1000 <= time.time()


def test_without_a_context_time_is_endless_and_ids_are_empty(as_kind: AsKind) -> None:
    invocation = passing(as_kind(lambda event, context: current()))({}, None)
    assert (invocation.request_id, invocation.tenant_id, invocation.context) == ("", None, None)
    assert (invocation.remaining, invocation.deadline) == (math.inf, math.inf)
    assert invocation.record is None
    assert invocation.record_fields == {}


@pytest.mark.parametrize(
    "name", ["request_id", "cold_start", "context", "record", "remaining", "deadline", "tenant_id"]
)
def test_an_invocation_never_changes(name: str) -> None:
    invocation = passing(taking_any(lambda event, context: current()))({}, None)
    with pytest.raises(AttributeError):
        setattr(invocation, name, "other")


@pytest.mark.usefixtures("cold_start")
def test_only_the_first_invocation_of_a_sandbox_is_cold(as_kind: AsKind) -> None:
    handler = passing(as_kind(lambda event, context: current().cold_start))
    assert [handler({}, None), handler({}, None), handler({}, None)] == [True, False, False]


@pytest.mark.usefixtures("cold_start")
@pytest.mark.parametrize("kind", ["provisioned-concurrency", "lambda-managed-instances"])
def test_a_sandbox_that_was_started_beforehand_is_never_cold(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    assert passing(taking_any(lambda event, context: current().cold_start))({}, None) is False


@pytest.mark.parametrize("inner_context", ["same", "none"])
def test_a_nested_call_with_the_same_context_or_none_joins(inner_context: str, lambda_context: FakeContext) -> None:
    inner: Handler[Any, Any] = passing(lambda event, context: (current().request_id, context))
    given = lambda_context if inner_context == "same" else None
    outer = passing(taking_any(lambda event, context: inner({}, given)))
    assert outer({}, lambda_context) == (lambda_context.aws_request_id, lambda_context)


def test_a_nested_call_with_another_context_is_another_invocation(lambda_context: FakeContext) -> None:
    other = FakeContext()
    inner = passing(taking_any(lambda event, context: current().request_id))
    outer = passing(taking_any(lambda event, context: (inner({}, other), current().request_id)))
    assert outer({}, lambda_context) == (other.aws_request_id, lambda_context.aws_request_id)


def test_a_bare_thread_is_outside() -> None:
    caught: list[BaseException] = []

    def look() -> None:
        try:
            current()
        except NoInvocationError as error:
            caught.append(error)

    def handler(event: object, context: Any) -> None:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    passing(handler)({}, None)
    assert len(caught) == 1


def test_it_is_an_invocation(lambda_context: FakeContext) -> None:
    assert isinstance(passing(taking_any(lambda event, context: current()))({}, lambda_context), Invocation)
