"""`S3BatchEvent` and `S3BatchTask`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lambdakit.events import S3BatchEvent, S3BatchTask
from tests.events.samples import sample


def task(**fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = sample("s3-batch")["tasks"][0]
    return made | fields


def test_the_sample_parses() -> None:
    event = S3BatchEvent.model_validate(sample("s3-batch"))
    assert event.invocation_schema_version == "1.0"
    assert event.invocation_id == sample("s3-batch")["invocationId"]
    assert (event.job.id, event.job.user_arguments) == ("f3cc4f60-61f6-4a2b-8a21-d07600c373ce", {})
    (parsed,) = event.tasks
    assert (parsed.task_id, parsed.s3_version_id) == ("dGFza2lkZ29lc2hlcmUK", "1")
    assert (parsed.s3_bucket, parsed.s3_key) == ("examplebucket", "test/key")


def test_schema_version_2_has_the_buckets_name_and_user_arguments() -> None:
    # "Invoke AWS Lambda function", "Lambda request and response payloads".
    event = S3BatchEvent.model_validate(
        {
            "invocationSchemaVersion": "2.0",
            "invocationId": "i",
            "job": {"id": "j", "userArguments": {"MyDestinationBucket": "b"}},
            "tasks": [{"taskId": "t", "s3Key": "prefix/dataset.zip", "s3VersionId": None, "s3Bucket": "source"}],
        }
    )
    assert event.job.user_arguments == {"MyDestinationBucket": "b"}
    assert (event.tasks[0].s3_bucket, event.tasks[0].s3_version_id) == ("source", None)


def test_user_arguments_may_be_null() -> None:
    event = sample("s3-batch") | {"job": {"id": "j", "userArguments": None}}
    assert S3BatchEvent.model_validate(event).job.user_arguments == {}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_key_is_what_it_was_before_s3_encoded_it(key: str) -> None:
    assert S3BatchTask.model_validate(task(s3Key=quote_plus(key, safe="/"))).s3_key == key


def test_the_bucket_is_named_in_every_partition() -> None:
    assert S3BatchTask.model_validate(task(s3BucketArn="arn:aws-cn:s3:::uploads")).s3_bucket == "uploads"


@pytest.mark.parametrize(
    ("given", "place"), [(task(s3Key="%ff"), "s3Key"), ({"taskId": "t", "s3Key": "k"}, "s3Bucket")]
)
def test_what_does_not_fit_is_an_error_at_its_place(given: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        S3BatchTask.model_validate(given)
    assert [error["loc"] for error in caught.value.errors()] == [(place,)]
