"""events.eventbridge and events.scheduled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from lambdakit.testing import Events


def test_it_says_who_sent_what(events: Events) -> None:
    event = events.eventbridge({"id": 1}, source="shop.orders", detail_type="Order placed", resources=["arn:x"])
    assert event["source"] == "shop.orders"
    assert event["detail-type"] == "Order placed"
    assert event["resources"] == ["arn:x"]
    assert event["detail"] == {"id": 1}


def test_a_detail_may_be_json_already(events: Events) -> None:
    assert events.eventbridge('{"id": 1}')["detail"] == {"id": 1}


@pytest.mark.parametrize("detail", ["text", [1], None, b"\x00", "[]"])
def test_a_detail_that_is_no_object_is_an_error(detail: object, events: Events) -> None:
    with pytest.raises(OptionError, match="detail: EventBridge takes what is an object in JSON; got"):
        events.eventbridge(detail)


def test_region_and_account_are_those_of_the_bus(events: Events) -> None:
    event = events.eventbridge({}, bus="arn:aws:events:eu-west-1:111122223333:event-bus/orders")
    assert (event["region"], event["account"]) == ("eu-west-1", "111122223333")


def test_a_schedule_names_its_rule_and_has_no_detail(events: Events) -> None:
    event = events.scheduled("nightly")
    assert event["detail-type"] == "Scheduled Event"
    assert event["source"] == "aws.events"
    assert event["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/nightly"]
    assert event["detail"] == {}
