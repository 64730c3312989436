"""events.s3_batch: tasks of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from lambdakit.testing import Events


def test_keys_are_url_encoded(events: Events) -> None:
    assert events.s3_batch("in/red flower+1.jpg")["tasks"][0]["s3Key"] == "in/red+flower%2B1.jpg"


def test_the_schema_version_decides_how_the_bucket_is_named(events: Events) -> None:
    (task,) = events.s3_batch("k", bucket="uploads")["tasks"]
    assert task.keys() == {"taskId", "s3Key", "s3VersionId", "s3BucketArn"}
    assert task["s3BucketArn"] == "arn:aws:s3:::uploads"
    event = events.s3_batch("k", bucket="uploads", schema_version="2.0", user_arguments={"to": "b"})
    assert (event["tasks"][0]["s3Bucket"], event["job"]["userArguments"]) == ("uploads", {"to": "b"})
    assert event["invocationSchemaVersion"] == "2.0"


def test_user_arguments_need_version_2(events: Events) -> None:
    with pytest.raises(OptionError, match=r"user_arguments: S3 sends them with schema_version='2\.0' only"):
        events.s3_batch("k", user_arguments={})


def test_a_task_may_differ_from_the_rest(events: Events) -> None:
    one, other = events.s3_batch("a", events.s3_batch_task("b c", version_id="v", task_id="7"))["tasks"]
    assert one["s3VersionId"] is None
    assert (other["taskId"], other["s3Key"], other["s3VersionId"]) == ("7", "b+c", "v")
