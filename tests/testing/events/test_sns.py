"""events.sns and events.sns_notification: messages of a topic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit.errors import EncodeError

if TYPE_CHECKING:
    from lambdakit.testing import Events

ATTRIBUTES: dict[str, str | int | bytes] = {"kind": "new", "count": 2, "raw": b"q"}
IN_EVENT = {
    "kind": {"Type": "String", "Value": "new"},
    "count": {"Type": "Number", "Value": "2"},
    "raw": {"Type": "Binary", "Value": "cQ=="},
}


def test_a_notification_holds_message_subject_and_attributes(events: Events) -> None:
    (record,) = events.sns({"a": 1}, topic="orders", subject="New", attributes=ATTRIBUTES)["Records"]
    assert json.loads(record["Sns"]["Message"]) == {"a": 1}
    assert record["Sns"]["Subject"] == "New"
    assert record["Sns"]["MessageAttributes"] == IN_EVENT
    assert record["EventSubscriptionArn"].startswith(f"{record['Sns']['TopicArn']}:")


def test_without_a_subject_a_function_gets_null(events: Events) -> None:
    assert events.sns("a")["Records"][0]["Sns"]["Subject"] is None


def test_in_a_queue_the_envelope_has_other_names_and_leaves_out_what_is_not_there(events: Events) -> None:
    bare: dict[str, Any] = json.loads(events.sns_notification("a"))
    assert bare.keys() == {
        *("Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature"),
        *("SigningCertURL", "UnsubscribeURL"),
    }
    full = json.loads(events.sns_notification("a", subject="New", attributes=ATTRIBUTES))
    assert full.keys() - bare.keys() == {"Subject", "MessageAttributes"}
    assert full["MessageAttributes"] == IN_EVENT


def test_bytes_that_are_no_text_are_an_error(events: Events) -> None:
    with pytest.raises(EncodeError, match=r"^events\.sns, message 1: .* not UTF-8"):
        events.sns(b"\xff")
    with pytest.raises(EncodeError, match=r"^events\.sns_notification: .* not UTF-8"):
        events.sns_notification(b"\xff")
