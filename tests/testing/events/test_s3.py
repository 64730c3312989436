"""events.s3: notifications of a bucket."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.errors import OptionError
from lambdakit.testing import Events


def described(event: dict[str, Any]) -> dict[str, Any]:
    (record,) = event["Records"]
    found = record["s3"]["object"]
    assert isinstance(found, dict)
    return found


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_key_is_url_encoded_so_that_it_comes_back(key: str) -> None:
    encoded = described(Events().s3("bucket", key))["key"]
    assert encoded.isascii()
    assert unquote_plus(encoded) == key


def test_a_space_is_a_plus_and_a_slash_stays(events: Events) -> None:
    assert described(events.s3("bucket", "in/red flower+1.jpg"))["key"] == "in/red+flower%2B1.jpg"


def test_an_object_has_a_size_and_a_tag_until_it_is_gone(events: Events) -> None:
    created = described(events.s3("bucket", "key", size=7, version_id="v"))
    assert created.keys() == {"key", "size", "eTag", "versionId", "sequencer"}
    assert (created["size"], created["versionId"]) == (7, "v")
    removed = described(events.s3("bucket", "key", event_name="ObjectRemoved:Delete"))
    assert removed.keys() == {"key", "sequencer"}


def test_the_bucket_has_its_arn(events: Events) -> None:
    bucket = events.s3("uploads", "key")["Records"][0]["s3"]["bucket"]
    assert (bucket["name"], bucket["arn"]) == ("uploads", "arn:aws:s3:::uploads")


def test_it_goes_into_a_queue_and_through_a_topic(events: Events) -> None:
    notification = events.s3("bucket", "key")
    assert json.loads(events.sqs(notification)["Records"][0]["body"]) == notification
    through_topic = json.loads(events.sqs(events.sns_notification(notification))["Records"][0]["body"])
    assert json.loads(through_topic["Message"]) == notification


def test_the_name_of_the_configuration_is_an_error_that_gives_the_right_one(events: Events) -> None:
    with pytest.raises(OptionError, match="'ObjectCreated:Put'; got 's3:ObjectCreated:Put'"):
        events.s3("bucket", "key", event_name="s3:ObjectCreated:Put")
