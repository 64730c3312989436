"""Where each source carries its correlation id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.logging._correlation import correlation_id_of

if TYPE_CHECKING:
    from lambdakit.testing import Events

API = {"requestContext": {"requestId": "r-1"}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"headers": {"X-Correlation-ID": "c-1", "X-Request-Id": "q-1"}, **API}, "c-1"),
        ({"headers": {"x-request-id": "q-1"}, **API}, "q-1"),
        ({"headers": {"accept": "text/html"}, **API}, "r-1"),
        ({"headers": None, **API}, "r-1"),
        ({"headers": {"x-correlation-id": ""}, **API}, "r-1"),
        ({"multiValueHeaders": {"X-Correlation-Id": ["c-1", "c-2"]}, "requestContext": {"elb": {}}}, "c-1"),
        ({"headers": {}, "multiValueHeaders": {"X-Correlation-Id": []}}, None),
        ({"id": "e-1", "detail-type": "Order", "detail": {}}, "e-1"),
        ({"id": "e-1"}, None),
        ({"Records": []}, None),
        ({}, None),
        ([], None),
        ("text", None),
        (None, None),
    ],
)
def test_the_id_is_found_in_its_usual_place(event: Any, expected: str | None) -> None:
    assert correlation_id_of(event) == expected


def test_the_events_of_aws_have_it(events: Events) -> None:
    event = events.eventbridge({"a": 1})
    assert correlation_id_of(event) == event["id"]
    assert correlation_id_of(events.sqs("a")) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["headers", "multiValueHeaders", "x-request-id", "requestContext", "requestId", "detail-type", "id"]
                ),
                inner,
            )
        ),
    )
)
def test_an_event_of_any_shape_is_no_error(event: Any) -> None:
    found = correlation_id_of(event)
    assert found is None or (type(found) is str and found != "")
