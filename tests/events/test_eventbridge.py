"""`EventBridgeEvent` and `ScheduledEvent`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ValidationError

from lambdakit.events import EventBridgeEvent, ScheduledEvent
from tests.events.order import ORDER, Order
from tests.events.samples import eventbridge, sample


def test_the_sample_parses() -> None:
    event = ScheduledEvent.model_validate(sample("scheduled"))
    assert event.time == datetime(1970, 1, 1, tzinfo=UTC)
    assert event.resources == ["arn:aws:events:us-east-1:123456789012:rule/ExampleRule"]
    assert event.detail == {}


def test_the_detail_is_the_payload() -> None:
    event = EventBridgeEvent[Order].model_validate(eventbridge({"id": "o-1", "total": "1.10"}))
    assert event.detail == ORDER
    assert event.detail_type == "Order placed"


def test_without_a_type_the_detail_is_a_dict() -> None:
    assert EventBridgeEvent.model_validate(eventbridge({"a": [1]})).detail == {"a": [1]}


def test_a_detail_that_came_through_the_scheduler_as_text_is_decoded() -> None:
    event = sample("scheduled") | {"source": "aws.scheduler", "detail": "{}"}
    assert ScheduledEvent.model_validate(event).detail == {}


@pytest.mark.parametrize("detail", ["{", "", "[1]", "3", None, [], 1])
def test_a_detail_that_is_no_object_is_an_error_at_its_place(detail: object) -> None:
    with pytest.raises(ValidationError) as caught:
        EventBridgeEvent.model_validate(eventbridge(detail))
    assert [error["loc"] for error in caught.value.errors()] == [("detail",)]


def test_another_event_is_no_scheduled_event() -> None:
    with pytest.raises(ValidationError) as caught:
        ScheduledEvent.model_validate(eventbridge({}))
    assert {error["loc"] for error in caught.value.errors()} == {("source",), ("detail-type",)}


def test_the_detail_keeps_the_rules_of_json_for_a_strict_model() -> None:
    class Strict(BaseModel, strict=True):
        at: datetime

    event = eventbridge({"at": "2026-01-02T03:04:05Z"})
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert EventBridgeEvent[Strict].model_validate(event).detail.at == at
    assert EventBridgeEvent[Strict].model_validate_json(json.dumps(event)).detail.at == at


def test_an_event_can_be_made_of_the_payload() -> None:
    assert EventBridgeEvent[Order].model_validate(eventbridge(ORDER)).detail is ORDER


def test_a_replay_is_named() -> None:
    assert EventBridgeEvent.model_validate(eventbridge({}) | {"replay-name": "again"}).replay_name == "again"
