"""`sqs_batch`: the answer that Lambda's poller expects, whatever the messages and the handler do."""

from __future__ import annotations

import asyncio
import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit import (
    BatchError,
    EventError,
    HandlerCancelledError,
    NotStartedError,
    OptionError,
    current,
    middleware,
    sqs_batch,
)
from lambdakit.testing import events
from tests.layers import passing

if TYPE_CHECKING:
    from lambdakit.testing import FakeContext
    from tests.conftest import AsKind

setting: ContextVar[str] = ContextVar("setting", default="untouched")


def failing_on(*bodies: str) -> Any:
    """A function that fails on some messages, and keeps the bodies of those it was called with."""

    def handler(message: Any, context: Any) -> str:
        handler.seen.append(message["body"])  # type: ignore[attr-defined]
        if message["body"] in bodies:
            msg = f"bad {message['body']}"
            raise ValueError(msg)
        return "ignored"

    handler.seen = []  # type: ignore[attr-defined]
    return handler


def ids_of(event: Any, *bodies: str) -> dict[str, Any]:
    """The answer that reports the messages with these bodies."""
    chosen = [record["messageId"] for record in event["Records"] if record["body"] in bodies]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in chosen]}


def fifo(*messages: tuple[str, str]) -> Any:
    return events.sqs(*(events.sqs_record(body, group=group) for group, body in messages), queue="orders.fifo")


def test_when_every_message_succeeds_nothing_is_reported(as_kind: AsKind, lambda_context: FakeContext) -> None:
    assert sqs_batch(as_kind(failing_on()))(events.sqs("a", "b"), lambda_context) == {"batchItemFailures": []}


def test_only_the_messages_that_failed_are_reported(as_kind: AsKind) -> None:
    event = events.sqs("a", "b", "c", "d")
    function = failing_on("b", "d")
    assert sqs_batch(as_kind(function))(event, None) == ids_of(event, "b", "d")
    assert function.seen == ["a", "b", "c", "d"]


def test_the_handler_gets_awss_own_dict(as_kind: AsKind) -> None:
    event = events.sqs("a")
    seen = []
    sqs_batch(as_kind(lambda message, context: seen.append(message)))(event, None)
    assert seen[0] is event["Records"][0]


def test_the_handler_gets_the_context(as_kind: AsKind, lambda_context: FakeContext) -> None:
    seen = []
    sqs_batch(as_kind(lambda message, context: seen.append(context)))(events.sqs("a"), lambda_context)
    assert seen == [lambda_context]


def test_layers_beneath_run_for_each_message(as_kind: AsKind) -> None:
    @middleware
    async def refusing_b(message: Any, call_next: Any) -> Any:
        if message["body"] == "b":
            msg = "refused"
            raise PermissionError(msg)
        return await call_next(message)

    event = events.sqs("a", "b", "c")
    function = failing_on()
    assert sqs_batch(refusing_b(as_kind(function)))(event, None) == ids_of(event, "b")
    assert function.seen == ["a", "c"]


def test_an_empty_batch_is_a_success(as_kind: AsKind) -> None:
    assert sqs_batch(as_kind(failing_on()))({"Records": []}, None) == {"batchItemFailures": []}


def test_a_failure_is_logged_with_its_error(as_kind: AsKind, caplog: pytest.LogCaptureFixture) -> None:
    event = events.sqs("a", "b")
    with caplog.at_level(logging.ERROR, "lambdakit"):
        sqs_batch(as_kind(failing_on("b")))(event, None)
    assert [record.getMessage() for record in caplog.records] == [
        f"record {event['Records'][1]['messageId']} failed: ValueError"
    ]
    assert "bad b" in caplog.text


# One message is not the next


def test_what_one_message_sets_is_gone_in_the_next(as_kind: AsKind) -> None:
    seen = []

    def handler(message: Any, context: Any) -> None:
        seen.append(setting.get())
        setting.set(message["body"])

    sqs_batch(as_kind(handler))(events.sqs("a", "b", "c"), None)
    assert [*seen, setting.get()] == ["untouched"] * 4


@pytest.mark.parametrize("layers", [0, 1])
def test_current_knows_the_message_and_its_log_fields(
    layers: int, as_kind: AsKind, lambda_context: FakeContext
) -> None:
    seen = []

    def handler(message: Any, context: Any) -> None:
        assert current().record is message
        assert current().request_id == lambda_context.aws_request_id
        seen.append(current().record_fields)

    event = events.sqs(events.sqs_record("a", receive_count=3), "b")
    function = as_kind(handler)
    sqs_batch(passing(function) if layers else function)(event, lambda_context)
    first, second = (record["messageId"] for record in event["Records"])
    assert seen == [{"message_id": first, "receive_count": 3}, {"message_id": second, "receive_count": 1}]


def test_outside_the_messages_there_is_no_record(as_kind: AsKind) -> None:
    records = []

    @middleware
    async def around(event: Any, call_next: Any) -> Any:
        result = await call_next(event)
        records.append(current().record)
        return result

    around(sqs_batch(as_kind(failing_on("b"))))(events.sqs("a", "b"), None)
    assert records == [None]


def test_the_log_fields_of_a_fifo_message_have_its_group() -> None:
    seen = []
    sqs_batch(lambda message, context: seen.append(current().record_fields["message_group_id"]))(
        fifo(("g1", "a")), None
    )
    assert seen == ["g1"]


# FIFO


def test_in_fifo_a_failure_stops_its_group_and_no_other(as_kind: AsKind) -> None:
    event = fifo(("g1", "a"), ("g2", "b"), ("g1", "c"), ("g2", "d"), ("g1", "e"))
    function = failing_on("a")
    assert sqs_batch(as_kind(function))(event, None) == ids_of(event, "a", "c", "e")
    assert function.seen == ["a", "b", "d"]


def test_in_a_standard_queue_a_group_is_for_fairness_and_stops_nothing(as_kind: AsKind) -> None:
    event = events.sqs(events.sqs_record("a", group="g1"), events.sqs_record("b", group="g1"))
    function = failing_on("a")
    assert sqs_batch(as_kind(function))(event, None) == ids_of(event, "a")
    assert function.seen == ["a", "b"]


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), max_size=12))
def test_in_fifo_what_is_reported_is_each_group_from_its_first_failure_on(messages: list[tuple[str, bool]]) -> None:
    event = fifo(*((group, f"{index}{'bad' * bad}") for index, (group, bad) in enumerate(messages)))
    started = []

    def handler(message: Any, context: Any) -> None:
        started.append(message["messageId"])
        if message["body"].endswith("bad"):
            raise ValueError

    answer = sqs_batch(on_all_failed="report")(handler)(event, None)
    stopped: set[str] = set()
    expected, expected_started = [], []
    for record, (group, bad) in zip(event["Records"], messages, strict=True):
        if group not in stopped:
            expected_started.append(record["messageId"])
        if bad or group in stopped:
            stopped.add(group)
            expected.append({"itemIdentifier": record["messageId"]})
    assert answer == {"batchItemFailures": expected}
    assert started == expected_started


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_what_is_reported_is_what_failed_in_the_order_of_the_batch(outcomes: list[bool]) -> None:
    event = events.sqs(*(str(outcome) for outcome in outcomes))
    answer = sqs_batch(on_all_failed="report")(failing_on("False"))(event, None)
    assert answer == ids_of(event, "False")


# All failed, and mappings that ignore the answer


def test_when_all_fail_the_batch_fails_with_every_error(as_kind: AsKind) -> None:
    event = events.sqs("a", "b")
    with pytest.raises(BatchError, match=r"2 of 2 records failed in tests.*ValueError \(2\)") as caught:
        sqs_batch(as_kind(failing_on("a", "b")))(event, None)
    assert [(record_id, str(error)) for record_id, error in caught.value.failures] == [
        (event["Records"][0]["messageId"], "bad a"),
        (event["Records"][1]["messageId"], "bad b"),
    ]
    assert caught.value.__cause__ is caught.value.failures[0][1]
    assert "bad" not in str(caught.value)


def test_when_all_fail_the_answer_can_report_them_instead(as_kind: AsKind) -> None:
    event = events.sqs("a", "b")
    decorated = sqs_batch(on_all_failed="report")(as_kind(failing_on("a", "b")))
    assert decorated(event, None) == ids_of(event, "a", "b")


def test_without_report_batch_item_failures_any_failure_fails_the_batch(as_kind: AsKind) -> None:
    decorated = sqs_batch(report_item_failures=False)(as_kind(failing_on("b")))
    with pytest.raises(BatchError, match=r"1 of 2 records failed.*report_item_failures=False"):
        decorated(events.sqs("a", "b"), None)


def test_without_report_batch_item_failures_success_is_success() -> None:
    decorated = sqs_batch(report_item_failures=False)(failing_on())
    assert decorated(events.sqs("a"), None) == {"batchItemFailures": []}


# What Python treats in its own way


def test_a_message_that_is_cancelled_from_inside_fails_alone(as_kind: AsKind) -> None:
    def handler(message: Any, context: Any) -> None:
        if message["body"] == "b":
            raise asyncio.CancelledError

    event = events.sqs("a", "b", "c")
    assert sqs_batch(as_kind(handler))(event, None) == ids_of(event, "b")


def test_a_stop_iteration_fails_its_message_alone() -> None:
    def handler(message: Any, context: Any) -> None:
        if message["body"] == "b":
            raise StopIteration

    event = events.sqs("a", "b", "c")
    assert sqs_batch(handler)(event, None) == ids_of(event, "b")


def test_a_layer_that_awaits_under_a_plain_handler_fails_the_messages() -> None:
    @middleware
    async def sleeping(event: Any, call_next: Any) -> Any:
        await asyncio.sleep(0)
        return await call_next(event)

    with pytest.raises(BatchError, match=r"SuspendedError \(2\)"):
        sqs_batch(sleeping(lambda message, context: None))(events.sqs("a", "b"), None)


def test_a_plain_function_that_gives_a_coroutine_fails_the_messages() -> None:
    async def later() -> None: ...

    with pytest.raises(BatchError, match=r"HandlerError \(1\)"):
        sqs_batch(lambda message, context: later())(events.sqs("a"), None)


def test_a_base_exception_ends_the_batch(as_kind: AsKind) -> None:
    class Suspend(BaseException):
        pass

    def handler(message: Any, context: Any) -> None:
        raise Suspend

    with pytest.raises(Suspend):
        sqs_batch(as_kind(handler))(events.sqs("a", "b"), None)


def test_cancelling_the_caller_cancels_the_batch_and_fails_no_message() -> None:
    @sqs_batch
    async def handler(message: Any, context: Any) -> None:
        await asyncio.Event().wait()

    async def test() -> None:
        task = asyncio.ensure_future(handler.acall(events.sqs("a"), None))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(test())


def test_a_cancellation_becomes_an_error_of_its_message() -> None:
    def handler(message: Any, context: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(BatchError) as caught:
        sqs_batch(handler)(events.sqs("a"), None)
    assert isinstance(caught.value.failures[0][1], HandlerCancelledError)


def test_the_rest_of_a_stopped_group_is_told_apart_from_what_failed() -> None:
    with pytest.raises(BatchError) as caught:
        sqs_batch(failing_on("a"))(fifo(("g", "a"), ("g", "b")), None)
    assert [type(error) for _, error in caught.value.failures] == [ValueError, NotStartedError]


# Bad input


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "there is no 'Records'"),
        ({"Records": None}, "'Records' is null"),
        ({"Records": {}}, "'Records' is dict"),
        ({"records": []}, "there is no 'Records'"),
        (None, "got NoneType"),
        ([], "got list"),
        ("text", "got str"),
        (events.s3("bucket", "key"), "this is an event of S3"),
        (events.eventbridge({"secret": "value"}), "this is an event of EventBridge"),
        ({"Records": [{"body": "secret"}]}, "'messageId'.*at least one has none"),
        ({"Records": [{"messageId": "1", "body": "secret"}, {"messageId": ""}]}, "at least one has none"),
        ({"Records": [{"messageId": None}]}, "at least one has none"),
        ({"Records": [None]}, "at least one has none"),
        ({"Records": ["secret"]}, "at least one has none"),
    ],
)
def test_an_event_that_is_not_from_sqs_is_refused_before_anything_runs(
    event: Any, problem: str, as_kind: AsKind
) -> None:
    function = failing_on()
    with pytest.raises(EventError, match=problem) as caught:
        sqs_batch(as_kind(function))(event, None)
    assert str(caught.value).startswith("sqs_batch expected ")
    assert "secret" not in str(caught.value)
    assert function.seen == []


def test_a_message_id_that_comes_twice_is_reported_once() -> None:
    event = events.sqs("a", "a", "b")
    event["Records"][1]["messageId"] = event["Records"][0]["messageId"]
    answer = sqs_batch(failing_on("a"))(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"on_all_failed": "retry"}, "on_all_failed is 'raise' or 'report', not 'retry'"),
        ({"report_item_failures": "no"}, "report_item_failures is True or False, not 'no'"),
        ({"on_all_fail": "raise"}, "no option 'on_all_fail' .did you mean 'on_all_failed'"),
    ],
)
def test_a_wrong_option_is_refused_at_import(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=rf"^@sqs_batch \(.*test_sqs\.py, line \d+\): {problem}"):
        sqs_batch(**options)
