"""Handlers of AWS's durable-execution SDK, under the runner that AWS gives for tests of them."""

from __future__ import annotations

import json
import threading
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner

from lambdakit import (
    HandlerError,
    InProgressError,
    NoInvocationError,
    bind,
    current,
    idempotent,
    log,
    logged,
    measured,
    metrics,
)
from lambdakit._log_context import bound_fields
from lambdakit.stores import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_durable_execution_sdk_python_testing import DurableFunctionTestResult

    from tests.conftest import AsKind
    from tests.idempotency.conftest import WatchedStore

HOUR = 3600.0


def durable(handler: Any) -> Callable[[Any, Any], Any]:
    """`durable_execution`, whose types know no context but its own: a `Handler` is called with Lambda's."""
    return durable_execution(handler)


ORDER = {"id": "o-1"}


def id_of(event: Any) -> object:
    return event["id"]


class Runner(DurableFunctionTestRunner):
    """AWS's runner; which would leave its event loop open, and wait for 5 seconds after an invocation that failed."""

    def __init__(self, handler: Callable[..., Any]) -> None:
        super().__init__(handler)
        self._executor.RETRY_BACKOFF_SECONDS = 0

    def close(self) -> None:
        super().close()  # type: ignore[no-untyped-call]
        self._scheduler._thread.join()
        self._scheduler._loop.close()


def execute(handler: Callable[..., Any], event: object = ORDER, *, times: int = 1) -> list[DurableFunctionTestResult]:
    """Run a durable handler to the end of its execution, whatever waits there are, in so many executions."""
    with Runner(handler) as runner:
        return [
            runner.run(input=json.dumps(event), execution_timeout=30, execution_name=f"execution-{number}")
            for number in range(times)
        ]


def results_of(executions: list[DurableFunctionTestResult]) -> list[object]:
    assert [(execution.status.value, execution.error) for execution in executions] == [("SUCCEEDED", None)] * len(
        executions
    )
    return [json.loads(execution.result or "null") for execution in executions]


def error_of(execution: DurableFunctionTestResult) -> tuple[str, str]:
    assert execution.status.value == "FAILED"
    assert execution.error is not None
    return str(execution.error.type).rpartition(".")[2], str(execution.error.message)


def test_a_suspended_handler_finds_its_own_claim_when_it_is_run_again(
    as_kind: AsKind, store: WatchedStore, calls: list[Any]
) -> None:
    def noted(_: Any) -> int:
        calls.append("step")
        return calls.count("step")

    @durable
    @idempotent(store, key=id_of, lock=HOUR)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        calls.append("run")
        number = context.step(noted)
        context.wait(Duration.from_minutes(10))
        return number

    assert results_of(execute(handler)) == [1]
    assert calls == ["run", "step", "run"]
    assert store.steps == ["claim", "claim", "complete"]
    assert len(set(store.owners)) == 1


def test_another_execution_with_the_same_key_gets_the_result(
    as_kind: AsKind, store: WatchedStore, calls: list[Any]
) -> None:
    def noted(_: Any) -> int:
        calls.append("step")
        return len(calls)

    @durable
    @idempotent(store, key=id_of, lock=HOUR)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        context.wait(Duration.from_seconds(1))
        return context.step(noted)

    assert results_of(execute(handler, times=3)) == [1, 1, 1]
    assert calls == ["step"]
    assert len(set(store.owners)) == 3


def test_while_one_execution_is_suspended_another_with_the_same_key_does_not_run(
    store: WatchedStore, calls: list[Any]
) -> None:
    @durable
    @idempotent(store, key=id_of, lock=HOUR)
    def handler(event: Any, context: Any) -> Any:
        calls.append(context.execution_context.durable_execution_arn)
        return context.create_callback(name="approval").result()

    with Runner(handler) as runner:
        first = runner.run_async(input=json.dumps(ORDER), execution_name="first")
        callback = runner.wait_for_callback(first, name="approval")
        second = runner.run(input=json.dumps(ORDER), execution_name="second", execution_timeout=30)
        assert error_of(second)[0] == "InProgressError"
        runner.send_callback_success(callback, result=b'"approved"')
        assert results_of([runner.wait_for_result(first)]) == ['"approved"']
        third = runner.run(input=json.dumps(ORDER), execution_name="third", execution_timeout=30)
        assert results_of([third]) == ['"approved"']
    assert len(set(calls)) == 1


def test_an_execution_that_fails_releases_its_claim(store: WatchedStore, calls: list[Any]) -> None:
    @durable
    @idempotent(store, key=id_of, lock=HOUR)
    def handler(event: Any, context: Any) -> Any:
        context.wait(Duration.from_seconds(1))
        calls.append("ran")
        if len(calls) == 1:
            raise ValueError("no")
        return len(calls)

    first, second = execute(handler, times=2)
    assert error_of(first) == ("ValueError", "no")
    assert results_of([second]) == [2]
    assert store.steps == ["claim", "claim", "release", "claim", "claim", "complete"]


class Died(BaseException):
    """The end of a sandbox, as far as a process that goes on can have one."""


def test_an_invocation_that_dies_is_followed_by_one_that_finds_the_claim(store: WatchedStore, calls: list[Any]) -> None:
    @durable
    @idempotent(store, key=id_of, lock=HOUR)
    def handler(event: Any, context: Any) -> Any:
        calls.append("run")
        context.step(lambda _: None, name="begun")
        if len(calls) == 1:
            raise Died
        return len(calls)

    def in_a_sandbox(event: Any, context: Any) -> Any:
        try:
            return handler(event, context)
        except Died:
            raise RuntimeError("Runtime exited") from None

    assert results_of(execute(in_a_sandbox)) == [2]
    assert store.steps == ["claim", "claim", "complete"]


def test_without_a_lock_nothing_runs(store: WatchedStore) -> None:
    @durable
    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> None:
        raise AssertionError

    kind, message = error_of(*execute(handler))
    assert kind == "ConfigurationError"
    assert "is durable, and may be suspended for longer than any invocation lasts" in message
    assert store.steps == []


def test_around_a_durable_handler_it_is_refused(store: WatchedStore) -> None:
    @durable
    def handler(event: Any, context: Any) -> None: ...

    with pytest.raises(HandlerError, match=r"is durable, .* Put @durable_execution above @idempotent"):
        idempotent(store, key=id_of, lock=HOUR)(handler)


def test_the_handler_cannot_be_fooled_into_taking_its_claim_for_that_of_a_twin(store: WatchedStore) -> None:
    @idempotent(store, key=id_of, lock=HOUR)
    def inner(event: Any, context: Any) -> Any:
        return "ran twice" if event.get("again") else inner({**event, "again": True}, context)

    assert error_of(*execute(durable(inner)))[0] == "PayloadMismatchError"

    @idempotent(store, key=id_of, lock=HOUR)
    def handler(event: Any, context: Any) -> Any:
        return handler(event, context)

    assert error_of(*execute(durable(handler)))[0] == "InProgressError"


def test_writes_cannot_be_lost_in_a_transaction_that_a_suspension_rolls_back(tmp_path: Path) -> None:
    @durable
    @idempotent(SQLiteStore(tmp_path / "records.db"), key=id_of, lock=HOUR)
    def handler(event: Any, context: Any) -> Any:
        claim: Any = current().claim
        with claim.transaction():
            raise AssertionError

    kind, message = error_of(*execute(handler))
    assert kind == "ConfigurationError"
    assert "commits nothing in a durable handler" in message


def test_a_function_in_a_step_runs_once_for_all_executions(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> str:
        calls.append(order)
        return f"receipt {len(calls)}"

    @durable
    def handler(event: Any, context: Any) -> Any:
        receipt = context.step(lambda _: charge(event["id"]))
        context.wait(Duration.from_seconds(1))
        return receipt

    assert results_of(execute(handler, times=2)) == ["receipt 1", "receipt 1"]
    assert calls == ["o-1"]
    assert len(set(store.owners)) == 2


def test_a_function_in_a_step_that_is_tried_again_runs_again(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent.function(store, key=lambda order: order)
    def charge(order: str) -> str:
        calls.append(order)
        if len(calls) == 1:
            raise ConnectionError
        return "receipt"

    @durable
    def handler(event: Any, context: Any) -> Any:
        again = StepConfig(retry_strategy=create_retry_strategy(RetryStrategyConfig(max_attempts=3)))
        return context.step(lambda _: charge(event["id"]), config=again)

    assert results_of(execute(handler)) == ["receipt"]
    assert len(calls) == 2


def test_branches_of_one_execution_are_twins_of_one_another(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent.function(store, key=lambda order: order, on_running="wait")
    def charge(order: str) -> int:
        calls.append(order)
        return len(calls)

    @durable
    @idempotent(store, key=id_of, lock=HOUR)
    def handler(event: Any, context: Any) -> Any:
        branches: Any = [lambda child: child.step(lambda _: charge("o-1"))] * 3
        return context.parallel(branches).get_results()

    assert results_of(execute(handler)) == [[1, 1, 1]]
    assert calls == ["o-1"]


def test_handlers_in_branches_of_one_execution_are_twins_too(store: WatchedStore, calls: list[Any]) -> None:
    @idempotent(store, key=id_of, lock=HOUR)
    def process(event: Any, context: Any) -> Any:
        calls.append(event["id"])
        if calls.count(event["id"]) < 3:
            context.wait(Duration.from_seconds(1))
        return "ran"

    def branch(child: Any, event: Any, *_: Any) -> Any:
        return process(event, child)

    @durable
    def handler(event: Any, context: Any) -> Any:
        return context.map([event, {"id": "o-2"}], branch).get_results()

    assert results_of(execute(handler)) == [["ran", "ran"]]
    assert len(set(store.owners)) == 2  # though each was suspended, and ran again under its own claim

    together = threading.Barrier(2)

    @idempotent(store, key=id_of, lock=HOUR, name="another", fingerprint=None)
    def at_once(event: Any, context: Any) -> Any:
        together.wait(10)
        return "ran"

    def racing(child: Any, event: Any, *_: Any) -> Any:
        try:
            return at_once(event, child)
        except InProgressError:
            together.wait(10)
            return "in progress"

    @durable
    def twins(event: Any, context: Any) -> Any:
        return sorted(context.map([event, event], racing).get_results())

    assert results_of(execute(twins)) == [["in progress", "ran"]]


def test_what_the_decorators_bind_reaches_steps_below_the_durable_one(capsys: pytest.CaptureFixture[str]) -> None:
    @durable
    @logged(service="orders")
    @measured(namespace="Shop")
    def handler(event: Any, context: Any) -> Any:
        bind(order=event["id"])
        log.info("begun")
        metrics.count("Begun")
        return context.step(lambda _: [current().request_id, current().remaining, dict(bound_fields())])

    found: Any = results_of(execute(handler))[0]
    request_id, *rest = found
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rest == [900.0, {"order": "o-1"}]
    assert [line.get("message") for line in lines] == ["begun", None]
    assert {line["function_request_id"] for line in lines} == {request_id}


def test_branches_see_it_if_they_are_given_a_copy_of_the_context() -> None:
    def seen(_: Any) -> str:
        try:
            return str(bound_fields().get("order")) + current().request_id
        except NoInvocationError:
            return "outside"

    @durable
    @logged
    def handler(event: Any, context: Any) -> Any:
        bind(order=event["id"])

        def branch(child: Any) -> Any:
            return child.step(seen)

        run: Any = copy_context().run
        branches: Any = [branch, partial(run, branch)]
        return context.parallel(branches).get_results()

    found: Any = results_of(execute(handler))[0]
    bare, copied = found
    assert bare == "outside"
    assert copied.startswith("o-1")


def test_above_the_durable_decorator_they_do_not_reach_the_handler() -> None:
    @logged
    @durable
    def handler(event: Any, context: Any) -> None:
        with pytest.raises(NoInvocationError):
            current()

    results_of(execute(handler))
