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
        ({"headers": {"Correlation_Id": "c-1"}}, "c-1"),
        ({"request": {"headers": {"x-correlation-id": "c-1"}}, "info": {"fieldName": "order"}}, "c-1"),
        (
            {"Execution": {"Id": "arn:aws:states:eu-central-1:1:execution:m:e"}},
            "arn:aws:states:eu-central-1:1:execution:m:e",
        ),
        ({"messageAttributes": {"correlation_id": {"stringValue": "c-1", "dataType": "String"}}}, "c-1"),
        ({"messageAttributes": {"CorrelationId": {"stringValue": "c-1"}, "total": {"stringValue": "1"}}}, "c-1"),
        ({"messageAttributes": {"correlationId": {"binaryValue": "eA=="}}}, None),
        ({"messageAttributes": {}}, None),
        ({"Sns": {"MessageAttributes": {"x-correlation-id": {"Type": "String", "Value": "c-1"}}}}, "c-1"),
        ({"headers": [{"other": [1]}, {"X-Correlation-Id": [99, 45, 49]}], "topic": "t"}, "c-1"),
        ({"headers": [{"correlation-id": [300]}]}, None),
        ({"Records": [{"messageAttributes": {"request-id": {"stringValue": "q-1"}}}]}, "q-1"),
        ({"Records": [{"messageAttributes": {"request-id": {"stringValue": "q-1"}}}] * 2}, None),
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
                    [
                        "headers",
                        "multiValueHeaders",
                        "x-request-id",
                        "requestContext",
                        "requestId",
                        "detail-type",
                        "id",
                        "Records",
                        "messageAttributes",
                        "Sns",
                        "MessageAttributes",
                        "stringValue",
                        "request",
                        "Execution",
                        "Id",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_an_event_of_any_shape_is_no_error(event: Any) -> None:
    found = correlation_id_of(event)
    assert found is None or (type(found) is str and found != "")
