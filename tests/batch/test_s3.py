"""`s3_batch`: every task of S3 Batch Operations is answered for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import EventError, OptionError, ParseError, current, parse, payload, s3_batch
from lambdakit.events import S3BatchTask
from lambdakit.testing import FakeContext, events

if TYPE_CHECKING:
    from tests.conftest import AsKind


def tasks(*keys: str) -> dict[str, Any]:
    return {
        "invocationSchemaVersion": "1.0",
        "invocationId": "invocation",
        "job": {"id": "job"},
        "tasks": [
            {"taskId": f"t{n}", "s3Key": key, "s3VersionId": "1", "s3BucketArn": "arn:aws:s3:::bucket"}
            for n, key in enumerate(keys)
        ],
    }


def results(answer: Any) -> list[tuple[str, str, str]]:
    return [(result["taskId"], result["resultCode"], result["resultString"]) for result in answer["results"]]


def handler(task: Any, context: Any) -> Any:
    if task["s3Key"] == "missing":
        raise FileNotFoundError("secret")
    if task["s3Key"] == "slow":
        raise TimeoutError
    return f"done {task['s3Key']}" if task["s3Key"] != "quiet" else None


def test_every_task_is_answered_for(as_kind: AsKind) -> None:
    answer = s3_batch(permanent=(FileNotFoundError,))(as_kind(handler))(tasks("a", "missing", "slow", "quiet"), None)
    assert (answer["invocationSchemaVersion"], answer["invocationId"]) == ("1.0", "invocation")
    assert answer["treatMissingKeysAs"] == "TemporaryFailure"
    assert results(answer) == [
        ("t0", "Succeeded", "done a"),
        ("t1", "PermanentFailure", "FileNotFoundError"),
        ("t2", "TemporaryFailure", "TimeoutError"),
        ("t3", "Succeeded", ""),
    ]


def test_without_permanent_every_failure_is_temporary_and_none_raises(as_kind: AsKind) -> None:
    assert results(s3_batch(as_kind(handler))(tasks("missing"), None)) == [
        ("t0", "TemporaryFailure", "FileNotFoundError")
    ]


def test_tasks_that_are_not_started_are_tried_again(as_kind: AsKind) -> None:
    answer = s3_batch(as_kind(handler))(tasks("a"), FakeContext(timeout=0.1))
    assert results(answer) == [("t0", "TemporaryFailure", "NotStartedError")]


def test_tasks_that_are_not_started_are_tried_again_though_every_error_is_permanent(as_kind: AsKind) -> None:
    answer = s3_batch(permanent=(Exception,))(as_kind(handler))(tasks("a"), FakeContext(timeout=0.1))
    assert results(answer) == [("t0", "TemporaryFailure", "NotStartedError")]


@pytest.mark.parametrize("schema_version", ["1.0", "2.0"])
@pytest.mark.parametrize("decorator", [parse, payload])
def test_tasks_are_parsed_and_one_that_does_not_fit_fails_alone(
    as_kind: AsKind, decorator: Any, schema_version: Any
) -> None:
    said = as_kind(lambda task, _: f"{task.s3_bucket} {task.s3_key}")
    each = s3_batch(permanent=(ParseError,))(decorator(S3BatchTask)(said))
    event = events.s3_batch("red flower.jpg", "bad", schema_version=schema_version)
    event["tasks"][1]["s3Key"] = "%ff"
    assert [result[1:] for result in results(each(event, None))] == [
        ("Succeeded", "bucket red flower.jpg"),
        ("PermanentFailure", "ParseError"),
    ]


def test_log_fields_have_the_task_id(as_kind: AsKind) -> None:
    seen = []
    s3_batch(as_kind(lambda task, context: seen.append(current().record_fields)))(tasks("a"), None)
    assert seen == [{"task_id": "t0"}]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "there is no 'tasks'"),
        ({"tasks": None, "invocationId": "i"}, "'tasks' is null"),
        ({"tasks": [{"s3Key": "secret"}], "invocationId": "i"}, "at least one has none"),
        (events.s3("bucket", "key"), "this is an event of S3"),
    ],
)
def test_an_event_of_others_is_refused(event: Any, problem: str) -> None:
    with pytest.raises(EventError, match=problem):
        s3_batch(handler)(event, None)


@pytest.mark.parametrize("permanent", [ValueError, ("ValueError",), (KeyboardInterrupt,)])
def test_a_wrong_option_is_refused_at_import(permanent: Any) -> None:
    with pytest.raises(OptionError, match=r"@s3_batch .*permanent is a tuple of exception classes"):
        s3_batch(permanent=permanent)
