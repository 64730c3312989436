"""`APIGatewayProxyEvent`, `APIGatewayProxyEventV2`, `LambdaFunctionURLEvent` and `Headers`."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from lambdakit.events import APIGatewayProxyEvent, APIGatewayProxyEventV2, Headers, LambdaFunctionURLEvent
from tests.events.order import AS_JSON, ORDER, Order
from tests.events.samples import sample

ALL: list[tuple[Any, str]] = [
    (APIGatewayProxyEvent, "api-gateway-rest"),
    (APIGatewayProxyEventV2, "api-gateway-http"),
    (LambdaFunctionURLEvent, "function-url"),
]


@pytest.fixture(params=ALL, ids=lambda case: str(case[1]))
def http(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    """A model, generic in the body, and an event for it."""
    model, name = request.param
    return model, sample(name)


def test_the_sample_of_a_rest_api_parses() -> None:
    event = APIGatewayProxyEvent.model_validate(sample("api-gateway-rest"))
    assert (event.http_method, event.path, event.resource) == ("POST", "/path/to/resource", "/{proxy+}")
    assert event.headers["user-agent"] == "Custom User Agent String"
    assert event.multi_value_headers["X-FORWARDED-FOR"] == ["127.0.0.1, 127.0.0.2"]
    assert event.query_string_parameters == {"foo": "bar"}
    assert event.multi_value_query_string_parameters == {"foo": ["bar"]}
    assert event.path_parameters == {"proxy": "/path/to/resource"}
    assert event.request_context.identity.source_ip == "127.0.0.1"
    assert event.request_context.request_time_epoch == datetime(2015, 4, 9, 12, 34, 56, tzinfo=UTC)
    assert event.body == '{"test":"body"}'


def test_the_sample_of_an_http_api_parses() -> None:
    event = APIGatewayProxyEventV2.model_validate(sample("api-gateway-http"))
    assert (event.route_key, event.raw_path) == ("$default", "/path/to/resource")
    assert event.headers["HEADER2"] == "value1,value2"
    assert event.cookies == ["cookie1", "cookie2"]
    assert event.request_context.http.method == "POST"
    assert event.request_context.time_epoch == datetime(2020, 3, 4, 19, 3, 58, 390000, tzinfo=UTC)
    assert event.request_context.authorizer is not None
    assert event.request_context.authorizer.jwt is not None
    assert event.request_context.authorizer.jwt.claims["claim1"] == "value1"
    assert event.request_context.authentication is not None
    assert event.request_context.authentication.client_cert is not None
    assert event.request_context.authentication.client_cert.subject_dn == "www.example.com"
    assert event.body == '{"test":"body"}'


def test_the_sample_of_a_function_url_parses() -> None:
    event = LambdaFunctionURLEvent.model_validate(sample("function-url"))
    assert isinstance(event, APIGatewayProxyEventV2)
    assert event.request_context.domain_name == "abcdefg.lambda-url.us-east-1.on.aws"
    assert event.request_context.authorizer is not None
    assert event.request_context.authorizer.iam is not None
    assert event.request_context.authorizer.iam.user_arn == "arn:aws:iam::111122223333:user/example-user"
    assert event.path_parameters == event.stage_variables == {}


def test_the_context_of_a_lambda_authorizer_is_there() -> None:
    event = sample("api-gateway-http")
    event["requestContext"]["authorizer"] = {"lambda": {"tenant": "t"}}
    authorizer = APIGatewayProxyEventV2.model_validate(event).request_context.authorizer
    assert authorizer is not None
    assert authorizer.lambda_ == {"tenant": "t"}


@pytest.mark.parametrize("encoded", [True, False])
def test_the_body_is_decoded_into_the_payload(http: tuple[Any, dict[str, Any]], encoded: bool) -> None:
    model, event = http
    event |= {"isBase64Encoded": encoded, "body": b64encode(AS_JSON.encode()).decode() if encoded else AS_JSON}
    assert model[Order].model_validate(event).body == ORDER
    assert model[Order].model_validate_json(json.dumps(event)).body == ORDER
    assert model[bytes].model_validate(event).body == AS_JSON.encode()
    assert model.model_validate(event).body == AS_JSON


def test_a_request_need_not_have_a_body(http: tuple[Any, dict[str, Any]]) -> None:
    model, event = http
    event |= {"isBase64Encoded": False, "body": None}
    assert model.model_validate(event).body is None
    assert model[Order | None].model_validate(event).body is None
    del event["body"]
    assert model.model_validate(event).body is None


def test_where_the_body_is_needed_its_absence_is_an_error_at_its_place(http: tuple[Any, dict[str, Any]]) -> None:
    model, event = http
    for missing in (event | {"body": None}, {key: event[key] for key in event if key != "body"}):
        with pytest.raises(ValidationError) as caught:
            model[Order].model_validate(missing)
        assert [error["loc"] for error in caught.value.errors()] == [("body",)]


@pytest.mark.parametrize("body", ["!", "/w==", "YQ"])
def test_a_body_that_is_no_base64_or_no_utf_8_is_an_error_at_its_place(
    http: tuple[Any, dict[str, Any]], body: str
) -> None:
    model, event = http
    with pytest.raises(ValidationError) as caught:
        model.model_validate(event | {"isBase64Encoded": True, "body": body})
    assert [error["loc"] for error in caught.value.errors()] == [("body",)]


def test_null_stands_for_empty(http: tuple[Any, dict[str, Any]]) -> None:
    model, event = http
    names = ("headers", "queryStringParameters", "pathParameters", "stageVariables")
    parsed = model.model_validate(event | dict.fromkeys(names))
    assert len(parsed.headers) == len(parsed.query_string_parameters) == 0
    assert parsed.path_parameters == parsed.stage_variables == {}


def test_an_event_can_be_made_of_the_payload(http: tuple[Any, dict[str, Any]]) -> None:
    model, event = http
    assert model[Order].model_validate(event | {"isBase64Encoded": False, "body": ORDER}).body is ORDER


def test_headers_are_found_in_any_case() -> None:
    headers = Headers({"Content-Type": "text/plain"})
    assert headers["content-type"] == headers["CONTENT-TYPE"] == headers.get("Content-type") == "text/plain"
    assert "CONTENT-type" in headers
    assert "accept" not in headers
    assert headers.get("accept") is None
    assert list(headers) == ["content-type"]
    assert headers == {"content-type": "text/plain"}
    assert repr(headers) == "Headers({'content-type': 'text/plain'})"


def test_headers_can_be_passed_on_and_written() -> None:
    event = APIGatewayProxyEventV2.model_validate(sample("api-gateway-http"))
    again = APIGatewayProxyEventV2.model_validate(sample("api-gateway-http") | {"headers": event.headers})
    assert again.headers is event.headers
    assert event.model_dump()["headers"] == {"header1": "value1", "header2": "value1,value2"}


def test_headers_that_are_no_text_are_an_error_at_their_place() -> None:
    with pytest.raises(ValidationError) as caught:
        APIGatewayProxyEvent.model_validate(sample("api-gateway-rest") | {"headers": {"a": 1}})
    assert [error["loc"] for error in caught.value.errors()] == [("headers", "a")]
