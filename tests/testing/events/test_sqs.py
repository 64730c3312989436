"""events.sqs: the messages of a queue."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.errors import EncodeError, OptionError
from lambdakit.testing import Events


def only(event: dict[str, Any]) -> dict[str, Any]:
    (record,) = event["Records"]
    assert isinstance(record, dict)
    return record


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_text_is_the_body_as_it_is_and_the_digest_fits(text: str) -> None:
    for given_as in (text, text.encode()):
        message = only(Events().sqs(given_as))
        assert message["body"] == text
        assert message["md5OfBody"] == hashlib.md5(text.encode()).hexdigest()


def test_bytes_that_are_no_text_are_an_error(events: Events) -> None:
    with pytest.raises(EncodeError, match=r"^events\.sqs, message 1: .* not UTF-8"):
        events.sqs(b"\xff")


def test_messages_keep_their_order(events: Events) -> None:
    records = events.sqs(1, events.sqs_record(2), 3)["Records"]
    assert [record["body"] for record in records] == ["1", "2", "3"]


def test_a_record_may_differ_from_the_rest(events: Events) -> None:
    message = only(
        events.sqs(
            events.sqs_record(
                {"a": 1}, message_id="m", receive_count=3, group="tenant-1", trace_header="Root=1-2-3;Sampled=1"
            )
        )
    )
    assert message["messageId"] == "m"
    assert json.loads(message["body"]) == {"a": 1}
    assert message["attributes"].items() >= {
        ("ApproximateReceiveCount", "3"),
        ("MessageGroupId", "tenant-1"),
        ("AWSTraceHeader", "Root=1-2-3;Sampled=1"),
    }


def test_a_standard_queue_has_none_of_the_attributes_of_a_fifo_queue(events: Events) -> None:
    assert only(events.sqs("a"))["attributes"].keys() == {
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
    }


def test_a_fifo_queue_has_groups_rising_numbers_and_the_digest_of_the_body_as_deduplication_id(events: Events) -> None:
    records = events.sqs(
        "a", events.sqs_record("b", group="g", deduplication_id="d"), *"cdefghijklm", queue="orders.fifo"
    )["Records"]
    attributes = [record["attributes"] for record in records]
    assert [each["MessageGroupId"] for each in attributes[:3]] == ["group", "g", "group"]
    assert attributes[0]["MessageDeduplicationId"] == hashlib.sha256(b"a").hexdigest()
    assert attributes[1]["MessageDeduplicationId"] == "d"
    numbers = [each["SequenceNumber"] for each in attributes]
    assert numbers == sorted(numbers, key=int)
    assert {len(number) for number in numbers} == {20}


def test_a_deduplication_id_in_a_standard_queue_is_an_error(events: Events) -> None:
    with pytest.raises(OptionError, match=r"message 1: only FIFO queues have de-duplication ids"):
        events.sqs(events.sqs_record("a", deduplication_id="d"))


def test_message_attributes_have_types_and_the_digest_that_sqs_computes(events: Events) -> None:
    message = only(events.sqs(events.sqs_record("x", attributes={"c": "zé", "a": 1, "b": b"q"})))
    assert message["messageAttributes"] == {
        "a": {"stringValue": "1", "stringListValues": [], "binaryListValues": [], "dataType": "Number"},
        "b": {"binaryValue": "cQ==", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        "c": {"stringValue": "zé", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
    }
    # What moto 5, which knows nothing of us, answers to a SendMessage with these.
    assert message["md5OfMessageAttributes"] == "a4c128ec251d14e8d5540e33304be809"


@pytest.mark.parametrize("number", [1, 1.5, Decimal("1.50")])
def test_numbers_are_numbers_in_message_attributes(number: float | Decimal, events: Events) -> None:
    message = only(events.sqs(events.sqs_record("x", attributes={"n": number})))
    assert message["messageAttributes"]["n"]["stringValue"] == str(number)
    assert message["messageAttributes"]["n"]["dataType"] == "Number"


@pytest.mark.parametrize("value", [True, None, ["a"]])
def test_a_message_attribute_of_another_type_is_an_error(value: Any, events: Events) -> None:
    with pytest.raises(OptionError, match=r"attributes: expected .* for 'n'; got (bool|NoneType|list)"):
        events.sqs(events.sqs_record("x", attributes={"n": value}))


def test_a_message_that_was_never_received_is_an_error(events: Events) -> None:
    with pytest.raises(OptionError, match="receive_count: expected 1 or more"):
        events.sqs_record("a", receive_count=0)
