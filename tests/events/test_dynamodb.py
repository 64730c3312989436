"""`DynamodbEvent` and `DynamodbStreamRecord`."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import BaseModel, Field, ValidationError

from lambdakit.events import DynamodbEvent, DynamodbStreamRecord
from tests.events.samples import sample


class Post(BaseModel):
    id: int = Field(alias="Id")
    message: str = Field(alias="Message")


def test_the_sample_parses() -> None:
    new, changed, removed = DynamodbEvent.model_validate(sample("dynamodb")).records
    assert new.event_name == "INSERT"
    assert new.dynamodb.keys == {"Id": Decimal(101)}
    assert new.dynamodb.new_image == {"Id": Decimal(101), "Message": "New item!"}
    assert new.dynamodb.old_image is None
    assert changed.dynamodb.old_image == {"Id": Decimal(101), "Message": "New item!"}
    assert removed.dynamodb.new_image is None
    assert removed.dynamodb.approximate_creation_date_time == datetime(2015, 4, 9, tzinfo=UTC)
    assert removed.event_source_arn.endswith("/stream/2015-06-27T00:48:05.899")


def test_the_images_are_the_payload() -> None:
    _, changed, removed = DynamodbEvent[Post].model_validate(sample("dynamodb")).records
    assert changed.dynamodb.new_image == Post(Id=101, Message="This item has changed")
    assert changed.dynamodb.old_image == Post(Id=101, Message="New item!")
    assert removed.dynamodb.new_image is None


def test_a_removal_by_the_time_to_live_shows() -> None:
    record = sample("dynamodb")["Records"][2]
    record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    identity = DynamodbStreamRecord.model_validate(record).user_identity
    assert identity is not None
    assert identity.principal_id == "dynamodb.amazonaws.com"


def test_a_stream_of_keys_has_no_images() -> None:
    record = sample("dynamodb")["Records"][0]
    del record["dynamodb"]["NewImage"]
    assert DynamodbStreamRecord[Post].model_validate(record).dynamodb.new_image is None


@pytest.mark.parametrize("value", [{"S": 1}, {"X": "1"}, {}, {"N": "1", "S": "1"}, {"B": "!"}, "text", None])
def test_a_value_that_is_none_of_dynamodb_is_an_error_at_its_image(value: object) -> None:
    record = sample("dynamodb")["Records"][0]
    record["dynamodb"]["NewImage"] = {"Id": value}
    with pytest.raises(ValidationError) as caught:
        DynamodbStreamRecord.model_validate(record)
    assert [error["loc"] for error in caught.value.errors()] == [("dynamodb", "NewImage")]
