"""FakeDynamoDBStream: what differs from a Kinesis stream."""

from __future__ import annotations

from typing import Any

import pytest

from lambdakit.errors import EncodeError, OptionError
from lambdakit.testing import events
from lambdakit.testing.sources import FakeDynamoDBStream
from tests.testing.sources.handlers import Recorder, failing

ITEMS = [{"id": name} for name in "abcd"]


def test_a_change_is_awss_own() -> None:
    stream = FakeDynamoDBStream(lambda event, context: None, table="orders", view="NEW_IMAGE", keys=["id"])
    stream.clock.advance(5)
    before, after = {"id": "a", "total": 1}, {"id": "a", "total": 2}
    (number,) = stream.send(change := events.dynamodb_record(old=before, new=after))
    stream.drain()
    record = stream.history[0].event["Records"][0]
    expected = events.dynamodb(old=before, new=after, table="orders", view="NEW_IMAGE")["Records"][0]
    expected["eventID"] = record["eventID"]
    expected["dynamodb"]["SequenceNumber"] = number
    expected["dynamodb"]["ApproximateCreationDateTime"] += 5
    assert record == expected
    assert stream.processed == [change]


def test_all_from_the_lowest_reported_change_on_comes_again() -> None:
    stream = FakeDynamoDBStream(handler := Recorder("b", "c"), maximum_retry_attempts=1, bisect_on_error=True)
    numbers = stream.send(*ITEMS)
    stream.poll()
    assert stream.checkpoints == [numbers[0]]
    stream.drain()
    assert handler.calls[:2] == [["a", "b", "c", "d"], ["b", "c", "d"]]
    assert (stream.processed, stream.discarded) == ([ITEMS[0], ITEMS[3]], [ITEMS[1], ITEMS[2]])


def test_changes_of_one_partition_key_are_in_one_shard_in_order() -> None:
    stream = FakeDynamoDBStream(lambda event, context: None, keys=("id", "at"), shards=4)
    sent = [{"id": name, "at": at} for at in range(3) for name in "abcdef"]
    stream.send(*sent)
    stream.drain()
    assert 1 < len(stream.history) <= 4
    for name in "abcdef":
        (delivery,) = [each for each in stream.history if {"id": name, "at": 0} in each.payloads]
        changes = [change for change in delivery.payloads if change["id"] == name]
        assert [change["at"] for change in changes] == [0, 1, 2]


def test_what_cannot_be_sent_is_an_error_and_nothing_is_sent() -> None:
    stream = FakeDynamoDBStream(failing())
    with pytest.raises(OptionError, match="has no id"):
        stream.send(ITEMS[0], {"name": "x"})
    with pytest.raises(EncodeError):
        stream.send(ITEMS[0], {"id": "a", "value": object()})
    assert stream.send() == []
    assert stream.waiting == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"keys": ()}, "keys: expected the names"), ({"table": "a:b"}, "table: expected a name or an ARN")],
)
def test_what_aws_does_not_have_is_an_error_at_once(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        FakeDynamoDBStream(failing(), **options)
