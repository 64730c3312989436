"""`kinesis_batch` and `dynamodb_batch`: the shard is tried again from the lowest sequence number that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit import BatchError, EventError, current, dynamodb_batch, kinesis_batch, parse
from lambdakit.events import KinesisEventRecord  # noqa: TC001 - @parse reads the annotation
from lambdakit.testing import events

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import AsKind


def kinesis(*records: tuple[str, str]) -> dict[str, Any]:
    return events.kinesis(*(events.kinesis_record(data, partition_key=key) for key, data in records))


def dynamodb(*records: tuple[str, str]) -> dict[str, Any]:
    return events.dynamodb(
        *(events.dynamodb_record(new={"pk": key, "data": data}) for key, data in records), keys=["pk"]
    )


def number_of(record: Any) -> str:
    return str(record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["dynamodb"]["SequenceNumber"])


SOURCES = [pytest.param(kinesis_batch, kinesis, id="kinesis"), pytest.param(dynamodb_batch, dynamodb, id="dynamodb")]


def failing_on(event: Any, *places: int) -> Callable[[Any, Any], None]:
    numbers = [number_of(record) for record in event["Records"]]

    def handler(record: Any, context: Any) -> None:
        place = numbers.index(number_of(record))
        handler.seen.append(place)  # type: ignore[attr-defined]
        if place in places:
            raise ValueError

    handler.seen = []  # type: ignore[attr-defined]
    return handler


@pytest.mark.parametrize(("decorator", "build"), SOURCES)
def test_nothing_is_reported_when_all_succeed(decorator: Any, build: Any, as_kind: AsKind) -> None:
    event = build(("k", "a"), ("k", "b"))
    assert decorator(as_kind(failing_on(event)))(event, None) == {"batchItemFailures": []}


@pytest.mark.parametrize(("decorator", "build"), SOURCES)
def test_nothing_is_started_after_the_first_failure(decorator: Any, build: Any, as_kind: AsKind) -> None:
    event = build(("k1", "a"), ("k2", "b"), ("k3", "c"))
    function: Any = failing_on(event, 1)
    answer = decorator(as_kind(function))(event, None)
    assert function.seen == [0, 1]
    assert answer == {"batchItemFailures": [{"itemIdentifier": number_of(event["Records"][1])}]}


@pytest.mark.parametrize(("decorator", "build"), SOURCES)
def test_under_concurrency_other_keys_go_on_and_the_lowest_failure_is_reported(
    decorator: Any, build: Any, as_kind: AsKind
) -> None:
    event = build(("k1", "a"), ("k2", "b"), ("k1", "c"), ("k3", "d"), ("k2", "e"))
    function: Any = failing_on(event, 1, 3)
    answer = decorator(concurrency=2)(as_kind(function))(event, None)
    assert sorted(function.seen) == [0, 1, 2, 3]  # 4 has the key of 1
    assert answer == {"batchItemFailures": [{"itemIdentifier": number_of(event["Records"][1])}]}


def test_sequence_numbers_are_compared_as_integers(as_kind: AsKind) -> None:
    event = kinesis(("k0", "z"), ("k1", "a"), ("k2", "b"))
    for record, number in zip(event["Records"], ("8", "9", "10"), strict=True):
        record["kinesis"]["sequenceNumber"] = number
    answer = kinesis_batch(concurrency=3)(as_kind(failing_on(event, 1, 2)))(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "9"}]}


@given(
    records=st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), min_size=1, max_size=10),
    concurrency=st.integers(1, 3),
)
def test_the_checkpoint_is_the_lowest_failure_and_each_key_is_in_order(
    records: list[tuple[str, bool]], concurrency: int
) -> None:
    event = kinesis(*((key, "bad" if bad else "good") for key, bad in records))
    bad = [place for place, (_, is_bad) in enumerate(records) if is_bad]
    function: Any = failing_on(event, *bad)
    answer = kinesis_batch(concurrency=concurrency, on_all_failed="report")(function)(event, None)
    expected = [{"itemIdentifier": number_of(event["Records"][bad[0]])}] if bad else []
    assert answer == {"batchItemFailures": expected}
    for key in "xyz":
        places = [place for place, (of, _) in enumerate(records) if of == key]
        seen = [place for place in function.seen if place in places]
        assert seen == places[: len(seen)]
    assert set(range(bad[0] if bad else len(records))) <= set(function.seen)


@pytest.mark.parametrize(("decorator", "build"), SOURCES)
def test_when_the_first_record_fails_the_batch_fails(decorator: Any, build: Any, as_kind: AsKind) -> None:
    event = build(("k", "a"), ("k", "b"))
    with pytest.raises(BatchError):
        decorator(as_kind(failing_on(event, 0)))(event, None)
    answer = decorator(on_all_failed="report")(as_kind(failing_on(event, 0)))(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": number_of(event["Records"][0])}]}


@pytest.mark.parametrize(("decorator", "build"), SOURCES)
def test_log_fields_have_the_sequence_number(decorator: Any, build: Any, as_kind: AsKind) -> None:
    seen = []
    event = build(("k", "a"))
    decorator(as_kind(lambda record, context: seen.append(current().record_fields["sequence_number"])))(event, None)
    assert seen == [number_of(event["Records"][0])]


def test_records_can_be_parsed(as_kind: AsKind) -> None:
    seen = []

    def handler(record: KinesisEventRecord[dict[str, int]], context: Any) -> None:
        seen.append(record.kinesis.data)

    event = events.kinesis({"total": 3}, {"total": "many"})
    answer = kinesis_batch(parse(as_kind(handler)))(event, None)
    assert seen == [{"total": 3}]
    assert answer == {"batchItemFailures": [{"itemIdentifier": number_of(event["Records"][1])}]}


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "there is no 'Records'"),
        ({"Records": None}, "'Records' is null"),
        (events.sqs("a"), "this is an event of SQS"),
        ({"Records": [{"kinesis": {}}]}, "at least one has none"),
        ({"Records": [{"kinesis": {"sequenceNumber": "secret"}}]}, "at least one has none"),
    ],
)
def test_an_event_of_others_is_refused(event: Any, problem: str, as_kind: AsKind) -> None:
    with pytest.raises(EventError, match=problem) as caught:
        kinesis_batch(as_kind(lambda record, context: pytest.fail("started")))(event, None)
    assert "secret" not in str(caught.value)


def test_an_empty_batch_is_a_success(as_kind: AsKind) -> None:
    assert kinesis_batch(as_kind(lambda record, context: None))({"Records": []}, None) == {"batchItemFailures": []}
