"""`sqs_batch(not_retryable=..., dead_letter_queue=...)`: where messages are put for good; against moto's SQS server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from lambdakit import Context, ParseError, parse, sqs_batch
from lambdakit.events import SQSMessage  # noqa: TC001 - @parse reads the annotation
from lambdakit.testing import events
from tests.batch.sqs_mapping import Queue, deliver

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.batch.conftest import Sqs
    from tests.conftest import AsKind


class NoSenseError(Exception):
    """What trying again does not cure."""


class LessSenseError(NoSenseError):
    """A kind of it."""


class Order(BaseModel):
    id: int


def failing(errors: dict[str, Exception], seen: list[str] | None = None) -> Callable[[Any, Any], None]:
    """A function that raises, for some bodies."""

    def handler(message: Any, context: Any) -> None:
        if seen is not None:
            seen.append(message["body"])
        if error := errors.get(message["body"]):
            raise error

    return handler


def burying(dead_letters: Queue, **options: Any) -> Any:
    return sqs_batch(not_retryable=(NoSenseError,), dead_letter_queue=dead_letters.url, **options)


def test_a_message_that_makes_no_sense_is_a_dead_letter_and_is_not_reported(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    queue.send("good", "bad", "worse", "again")
    errors = {"bad": NoSenseError(), "worse": LessSenseError(), "again": ValueError()}
    assert deliver(queue, burying(dead_letters)(as_kind(failing(errors)))).reported == ["again"]
    assert dead_letters.receive_bodies() == ["bad", "worse"]
    sqs.clock.advance(30)
    assert queue.receive_bodies() == ["again"]


def test_a_batch_of_dead_letters_alone_is_a_success(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    queue.send("bad", "bad")
    assert deliver(queue, burying(dead_letters)(as_kind(failing({"bad": NoSenseError()})))).reported == []
    assert (queue.size, dead_letters.size) == (0, 2)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_dead_letters_are_sent_from_threads_and_tasks_too(sqs: Sqs, as_kind: AsKind, concurrency: int) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    queue.send(*["good", "bad"] * 5)
    handler = burying(dead_letters, concurrency=concurrency)(as_kind(failing({"bad": NoSenseError()})))
    assert deliver(queue, handler).reported == []
    assert (queue.size, dead_letters.size) == (0, 5)


def test_a_dead_letter_keeps_its_body_and_attributes(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    attributes = {
        "kind": {"DataType": "String", "StringValue": "refund"},
        "count": {"DataType": "Number.int", "StringValue": "3"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    queue.send('{"id": 1, "ü": "\\n"}', MessageAttributes=attributes)

    def handler(message: Any, context: Any) -> None:
        msg = "card 4111 is no card"
        raise LessSenseError(msg)

    deliver(queue, burying(dead_letters)(as_kind(handler)))
    (dead,) = dead_letters.receive()
    assert dead["Body"] == '{"id": 1, "ü": "\\n"}'
    assert dead["MessageAttributes"] == attributes | {
        "ErrorType": {"DataType": "String", "StringValue": "LessSenseError"}
    }
    assert "4111" not in str(sqs.requests)


@pytest.mark.parametrize(("before", "after"), [("kind", None), ("ErrorType", "NoSenseError")])
def test_of_ten_attributes_none_is_lost(sqs: Sqs, as_kind: AsKind, before: str, after: str | None) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    names = [before, *(f"a{number}" for number in range(9))]
    queue.send("bad", MessageAttributes={name: {"DataType": "String", "StringValue": "x"} for name in names})
    deliver(queue, burying(dead_letters)(as_kind(failing({"bad": NoSenseError()}))))
    found = dead_letters.receive()[0]["MessageAttributes"]
    assert set(found) == set(names)
    assert found.get("ErrorType", {}).get("StringValue") == after


def test_a_message_that_could_not_be_sent_is_a_failure_like_any_other(
    sqs: Sqs, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    dead_letters.remove()
    queue.send("good", "bad")
    handler = burying(dead_letters, backoff=lambda _: 60)(as_kind(failing({"bad": NoSenseError()})))
    delivery = deliver(queue, handler)
    assert delivery.reported == ["bad"]
    message_id = delivery.records[1]["messageId"]
    assert f"message {message_id} could not be sent to the dead-letter queue" in caplog.messages
    assert f"record {message_id} failed: NoSenseError" in caplog.messages
    assert "NonExistentQueue" in caplog.text
    sqs.clock.advance(59)
    assert queue.receive_bodies() == []
    sqs.clock.advance(1)
    assert queue.receive_bodies() == ["bad"]


@pytest.mark.parametrize("missing", ["body", "eventSourceARN"])
def test_a_message_as_sqs_never_sends_it_fails_alone(sqs: Sqs, as_kind: AsKind, missing: str) -> None:
    event: Any = events.sqs("good", "bad")

    def handler(message: Any, context: Any) -> None:
        if message is not event["Records"][0]:
            raise NoSenseError

    del event["Records"][1][missing]
    answer = burying(Queue(sqs.client))(as_kind(handler))(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}


def test_what_became_a_dead_letter_is_logged_with_its_error(
    sqs: Sqs, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    queue.send("bad")
    with caplog.at_level(logging.ERROR, "lambdakit"):
        delivery = deliver(queue, burying(dead_letters)(as_kind(failing({"bad": NoSenseError("why")}))))
    message_id = delivery.records[0]["messageId"]
    ours = [record.getMessage() for record in caplog.records if record.name == "lambdakit.batch"]
    assert ours == [f"message {message_id} went to the dead-letter queue: NoSenseError"]
    assert "why" in caplog.text


def test_a_message_that_cannot_be_parsed_can_be_a_dead_letter(sqs: Sqs) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client)
    options: Any = {"not_retryable": (ParseError,), "dead_letter_queue": dead_letters.url}

    @sqs_batch(**options)
    @parse
    def plain(message: SQSMessage[Order], context: Context) -> None:
        seen.append(message.body.id)

    @sqs_batch(**options)
    @parse
    async def awaited(message: SQSMessage[Order], context: Context) -> None:
        seen.append(message.body.id)

    for handler in (plain, awaited):
        seen: list[int] = []
        queue.send('{"id": 1}', '{"id": "secret"}', "no json", '{"id": 2}')
        assert deliver(queue, handler).reported == []
        assert seen == [1, 2]
        dead = dead_letters.receive()
        assert [message["Body"] for message in dead] == ['{"id": "secret"}', "no json"]
        assert {message["MessageAttributes"]["ErrorType"]["StringValue"] for message in dead} == {"ParseError"}


# FIFO


def test_in_fifo_a_group_goes_on_after_its_dead_letter(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters, seen = Queue(sqs.client, fifo=True), Queue(sqs.client, fifo=True), list[str]()
    queue.send("a1", "a2", "a3", MessageGroupId="a")
    assert deliver(queue, burying(dead_letters)(as_kind(failing({"a2": NoSenseError()}, seen)))).reported == []
    assert seen == ["a1", "a2", "a3"]
    assert queue.size == 0
    (dead,) = dead_letters.receive()
    assert (dead["Body"], dead["Attributes"]["MessageGroupId"]) == ("a2", "a")


def test_in_fifo_a_message_that_could_not_be_sent_stops_its_group(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters, seen = Queue(sqs.client, fifo=True), Queue(sqs.client, fifo=True), list[str]()
    dead_letters.remove()
    queue.send("a1", "a2", "a3", MessageGroupId="a")
    queue.send("b1", MessageGroupId="b")
    handler = burying(dead_letters, backoff=lambda _: 60)(as_kind(failing({"a2": NoSenseError()}, seen)))
    assert deliver(queue, handler).reported == ["a2", "a3"]
    assert seen == ["a1", "a2", "b1"]
    (request,) = sqs.asked("ChangeMessageVisibilityBatch")
    assert [entry["VisibilityTimeout"] for entry in request["Entries"]] == [60, 60]


def test_in_fifo_a_message_that_comes_twice_is_one_dead_letter(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters = Queue(sqs.client, fifo=True), Queue(sqs.client, fifo=True)
    queue.send("bad", MessageGroupId="a")
    handler = burying(dead_letters)(as_kind(failing({"bad": NoSenseError()})))
    deliver(queue, handler, deletes=False)
    sqs.clock.advance(30)
    deliver(queue, handler)
    assert len(sqs.asked("SendMessage")) == 2
    assert dead_letters.receive_bodies() == ["bad"]


def test_in_fifo_two_messages_of_one_sender_id_are_two_dead_letters(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters = Queue(sqs.client, fifo=True), Queue(sqs.client, fifo=True)
    for _ in range(2):
        queue.send("bad", MessageGroupId="a", MessageDeduplicationId="same")
        sqs.clock.advance(301)
    deliver(queue, burying(dead_letters)(as_kind(failing({"bad": NoSenseError()}))))
    assert dead_letters.receive_bodies() == ["bad", "bad"]


def test_messages_of_a_standard_queue_can_go_to_a_fifo_queue(sqs: Sqs, as_kind: AsKind) -> None:
    queue, dead_letters = Queue(sqs.client), Queue(sqs.client, fifo=True)
    queue.send("bad", "bad")
    assert deliver(queue, burying(dead_letters)(as_kind(failing({"bad": NoSenseError()})))).reported == []
    assert dead_letters.receive_bodies() == ["bad", "bad"]


# Beside SQS's own dead-letter queue


def test_what_fails_too_often_is_still_moved_by_sqs(sqs: Sqs, as_kind: AsKind) -> None:
    dead_letters = Queue(sqs.client)
    queue = Queue(sqs.client, dead_letters=dead_letters, max_receive_count=2)
    queue.send("good", "hopeless", "bad")
    errors = {"bad": NoSenseError(), "hopeless": ValueError()}
    handler = burying(dead_letters, backoff=lambda _: 5, on_all_failed="report")(as_kind(failing(errors)))
    assert deliver(queue, handler).reported == ["hopeless"]
    sqs.clock.advance(5)
    assert deliver(queue, handler).reported == ["hopeless"]
    sqs.clock.advance(5)
    assert deliver(queue, handler).records == []
    assert sorted(dead_letters.receive_bodies()) == ["bad", "hopeless"]
    assert queue.size == 0
