"""`sqs_batch(backoff=...)`: when failed messages come again; against moto's SQS server."""

from __future__ import annotations

import logging
import socket
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import BatchError, _boto3, sqs_batch
from lambdakit.testing import FakeContext, events
from tests.batch.sqs_mapping import Queue, deliver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.batch.conftest import Sqs
    from tests.conftest import AsKind

CHANGE = "ChangeMessageVisibilityBatch"


def failing_on(*bodies: str) -> Callable[[Any, Any], None]:
    """A function that fails on some messages."""

    def handler(message: Any, context: Any) -> None:
        if message["body"] in bodies:
            msg = "a secret"
            raise ValueError(msg)

    return handler


def hidden_for(sqs: Sqs) -> list[int]:
    """The visibility timeouts that were asked for, in seconds, in their order."""
    return [entry["VisibilityTimeout"] for request in sqs.asked(CHANGE) for entry in request["Entries"]]


# When failed messages come again


def test_a_failed_message_comes_again_when_the_backoff_says(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client)
    queue.send("good", "bad")
    handler = sqs_batch(backoff=lambda receive_count: 100 * receive_count)(as_kind(failing_on("bad")))

    assert deliver(queue, handler).reported == ["bad"]
    for seconds in (100, 200, 300):
        sqs.clock.advance(seconds - 1)
        assert queue.receive() == []
        sqs.clock.advance(1)
        again = deliver(queue, handler)
        assert again.bodies == ["bad"]
        assert isinstance(again.error, BatchError)


def test_only_the_failed_messages_are_touched(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client)
    queue.send("a", "b", "c", "d")
    records = deliver(queue, sqs_batch(backoff=lambda _: 60)(as_kind(failing_on("b", "d")))).records
    (request,) = sqs.asked(CHANGE)
    assert request["QueueUrl"] == queue.url
    assert [(entry["ReceiptHandle"], entry["VisibilityTimeout"]) for entry in request["Entries"]] == [
        (records[1]["receiptHandle"], 60),
        (records[3]["receiptHandle"], 60),
    ]
    assert queue.size == 2


def test_without_failures_sqs_is_asked_nothing(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client)
    queue.send("a")
    deliver(queue, sqs_batch(backoff=10)(as_kind(failing_on())))
    assert sqs.requests == []


def test_a_number_of_seconds_is_the_bound_of_the_first_wait(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client)
    handler = sqs_batch(backoff=20, on_all_failed="report")(as_kind(failing_on("bad")))
    queue.send(*["bad"] * 10)
    for bound in (20, 40, 80, 160):
        sqs.requests.clear()
        deliver(queue, handler)
        waits = hidden_for(sqs)
        assert len(waits) == 10
        assert all(0 <= wait <= bound for wait in waits)
        assert len(set(waits)) > 1  # full jitter; that all ten are equal by chance is 1 in 20**9 at most
        sqs.clock.advance(bound)


def test_the_backoff_is_set_when_every_message_failed_too(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client)
    queue.send("bad")
    assert deliver(queue, sqs_batch(backoff=lambda _: 7)(as_kind(failing_on("bad")))).reported is None
    assert hidden_for(sqs) == [7]


def test_sqs_is_asked_once_for_ten_messages(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client)
    queue.send("good", *["bad"] * 23)
    delivery = deliver(queue, sqs_batch(backoff=lambda _: 90)(as_kind(failing_on("bad"))), batch_size=24)
    assert len(delivery.records) == 24
    assert [len(request["Entries"]) for request in sqs.asked(CHANGE)] == [10, 10, 3]
    sqs.clock.advance(89)
    assert queue.receive_bodies() == []
    sqs.clock.advance(1)
    assert queue.receive_bodies() == ["bad"] * 23


def test_messages_that_were_not_started_for_lack_of_time_are_left_alone(sqs: Sqs, as_kind: AsKind) -> None:
    queue, context = Queue(sqs.client), FakeContext(timeout=10)
    queue.send("bad", "late", "later")

    def handler(message: Any, _: Any) -> None:
        context.advance(6)
        raise ValueError

    delivery = deliver(queue, sqs_batch(backoff=lambda _: 500)(as_kind(handler)), context=context)
    assert isinstance(delivery.error, BatchError)
    (request,) = sqs.asked(CHANGE)
    assert [entry["ReceiptHandle"] for entry in request["Entries"]] == [delivery.records[0]["receiptHandle"]]
    sqs.clock.advance(30)  # the visibility timeout of the queue
    assert queue.receive_bodies() == ["late", "later"]


# FIFO


def test_a_failed_fifo_message_and_the_rest_of_its_group_get_one_value(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client, fifo=True)
    for body, group in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("c1", "c"), ("b2", "b"), ("a3", "a"), ("b3", "b")]:
        queue.send(body, MessageGroupId=group)
    waits = count(40, 10)
    delivery = deliver(queue, sqs_batch(backoff=lambda _: next(waits))(as_kind(failing_on("a1", "b2"))))
    assert delivery.reported == ["a1", "a2", "b2", "a3", "b3"]
    (request,) = sqs.asked(CHANGE)
    handles = {record["receiptHandle"]: record["body"] for record in delivery.records}
    assert {handles[entry["ReceiptHandle"]]: entry["VisibilityTimeout"] for entry in request["Entries"]} == {
        **dict.fromkeys(["a1", "a2", "a3"], 40),
        **dict.fromkeys(["b2", "b3"], 50),
    }


def test_a_failed_fifo_message_comes_again_before_the_rest_of_its_group(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client, fifo=True)
    queue.send("a1", "a2", "a3", MessageGroupId="a")
    deliver(queue, sqs_batch(backoff=lambda _: 0)(as_kind(failing_on("a1"))))
    assert deliver(queue, sqs_batch(as_kind(failing_on()))).bodies == ["a1", "a2", "a3"]


def test_a_fifo_group_that_was_not_started_for_lack_of_time_is_left_alone(sqs: Sqs, as_kind: AsKind) -> None:
    queue, context = Queue(sqs.client, fifo=True), FakeContext(timeout=10)
    for body, group in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")]:
        queue.send(body, MessageGroupId=group)

    def handler(message: Any, _: Any) -> None:
        context.advance(6)
        raise ValueError

    records = deliver(queue, sqs_batch(backoff=lambda _: 500)(as_kind(handler)), context=context).records
    (request,) = sqs.asked(CHANGE)
    touched = {entry["ReceiptHandle"] for entry in request["Entries"]}
    assert [record["body"] for record in records if record["receiptHandle"] in touched] == ["a1", "a2", "a3"]


# When that fails


def test_a_server_that_is_gone_is_logged_and_never_fatal(
    sqs: Sqs, as_kind: AsKind, no_server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(sqs.client)
    queue.send("good", "bad")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", no_server)
    assert deliver(queue, sqs_batch(backoff=10)(as_kind(failing_on("bad")))).reported == ["bad"]
    assert "the visibility of 1 message(s) could not be changed" in caplog.text
    assert "EndpointConnectionError" in caplog.text


def test_a_server_that_does_not_answer_is_given_up(
    sqs: Sqs, as_kind: AsKind, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(sqs.client)
    queue.send("good", "bad")
    monkeypatch.setattr(_boto3, "_READ", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert deliver(queue, sqs_batch(backoff=10)(as_kind(failing_on("bad")))).reported == ["bad"]
    assert "ReadTimeoutError" in caplog.text


def test_a_message_whose_visibility_could_not_be_changed_is_logged_and_the_others_are(
    sqs: Sqs, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(sqs.client)
    queue.send("good", "deleted", "bad")

    def handler(message: Any, context: Any) -> None:
        if message["body"] == "deleted":
            queue.delete(message["receiptHandle"])
        if message["body"] != "good":
            raise ValueError

    delivery = deliver(queue, sqs_batch(backoff=lambda _: 60)(as_kind(handler)))
    assert delivery.reported == ["deleted", "bad"]
    message_id = delivery.records[1]["messageId"]
    expected = f"the visibility of message {message_id} could not be changed: ReceiptHandleIsInvalid"
    assert [text for text in caplog.messages if "visibility" in text] == [expected]
    sqs.clock.advance(59)
    assert queue.receive_bodies() == []
    sqs.clock.advance(1)
    assert queue.receive_bodies() == ["bad"]


def test_a_whole_request_that_sqs_refuses_is_logged_and_the_next_one_is_made(
    sqs: Sqs, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(sqs.client)
    queue.send("old")
    sqs.clock.advance(40_000)  # moto counts the 12 hours from the sending on, and refuses the request for one message
    queue.send("good", *["bad"] * 10)
    handler = sqs_batch(backoff=lambda _: 5_000)(as_kind(failing_on("old", "bad")))
    assert deliver(queue, handler, batch_size=12).reported == ["old", *["bad"] * 10]
    assert [text for text in caplog.messages if "visibility" in text] == [
        "the visibility of 10 message(s) could not be changed"
    ]
    assert [len(request["Entries"]) for request in sqs.asked(CHANGE)] == [10, 1]


def test_a_backoff_function_that_fails_is_logged_and_its_messages_are_left_alone(
    sqs: Sqs, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(sqs.client)
    queue.send("good", "bad", "worse")
    waits: Iterator[Any] = iter(["soon", 60])
    delivery = deliver(queue, sqs_batch(backoff=lambda _: next(waits))(as_kind(failing_on("bad", "worse"))))
    assert delivery.reported == ["bad", "worse"]
    message_id = delivery.records[1]["messageId"]
    assert f"the visibility of message {message_id} is left as it is" in caplog.text
    assert hidden_for(sqs) == [60]


def test_when_time_is_short_visibility_is_left_alone(
    sqs: Sqs, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    left = iter([0.9, 5, 0.9, 0.2])  # seconds; the first request needs more, since the client has yet to be made
    queue = Queue(sqs.client)

    def handler(message: Any, context: Any) -> None:
        if message["body"] == "bad":
            context.remaining = next(left)
            raise ValueError

    decorated = sqs_batch(backoff=lambda _: 60)(as_kind(handler))
    warned = []
    for _ in range(4):
        caplog.clear()
        queue.send("good", "bad")
        assert deliver(queue, decorated, context=FakeContext()).reported == ["bad"]
        warned.append("too little time left to change the visibility of 1 message(s)" in caplog.text)
    assert warned == [True, False, False, True]
    assert len(sqs.asked(CHANGE)) == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"receiptHandle": None},
        {"attributes": None},
        {"attributes": {"ApproximateReceiveCount": "many"}},
        {"eventSourceARN": "here"},
    ],
)
def test_a_message_as_sqs_never_sends_it_fails_alone(sqs: Sqs, as_kind: AsKind, broken: dict[str, Any]) -> None:
    event: Any = events.sqs("good", "bad")
    for key, value in broken.items():
        event["Records"][1].pop(key) if value is None else event["Records"][1].update({key: value})
    answer = sqs_batch(backoff=10)(as_kind(failing_on("bad")))(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}


@pytest.fixture
def no_server() -> Iterator[str]:
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_the_client_is_made_once(sqs: Sqs, as_kind: AsKind) -> None:
    queue = Queue(sqs.client)
    handler = sqs_batch(backoff=5)(as_kind(failing_on("bad")))
    clients = []
    for _ in range(2):
        queue.send("good", "bad")
        deliver(queue, handler)
        clients.append(list(_boto3._clients.values()))
    assert clients[0] == clients[1]
    assert len(clients[0]) == 1


def test_no_log_line_holds_what_an_error_says_beside_its_traceback(
    sqs: Sqs, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(sqs.client)
    queue.send("good", "bad")
    with caplog.at_level(logging.DEBUG, "lambdakit"):
        deliver(queue, sqs_batch(backoff=5)(as_kind(failing_on("bad"))))
    assert not [text for text in caplog.messages if "secret" in text]
