"""events.api_gateway, events.http_api and events.function_url: requests."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.errors import OptionError
from lambdakit.testing import Events

Build = Callable[..., dict[str, Any]]

every_api = pytest.mark.parametrize("build", [Events.api_gateway, Events.http_api, Events.function_url])
with_routes = pytest.mark.parametrize("build", [Events.api_gateway, Events.http_api])
format_2 = pytest.mark.parametrize("build", [Events.http_api, Events.function_url])


@every_api
def test_json_is_encoded_and_says_so(build: Build, events: Events) -> None:
    event = build(events, "POST", "/", json="text")
    assert (event["body"], event["isBase64Encoded"]) == ('"text"', False)
    assert {name.lower(): value for name, value in event["headers"].items()}["content-type"] == "application/json"


@every_api
def test_a_body_of_text_is_sent_as_it_is(build: Build, events: Events) -> None:
    event = build(events, "POST", "/", body="a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (event["body"], event["isBase64Encoded"]) == ("a=1", False)


@every_api
def test_a_body_of_bytes_arrives_in_base64(build: Build, events: Events) -> None:
    event = build(events, "POST", "/", body=b"\xff\x00")
    assert event["isBase64Encoded"] is True
    assert b64decode(event["body"]) == b"\xff\x00"


@every_api
def test_two_bodies_are_an_error(build: Build, events: Events) -> None:
    with pytest.raises(OptionError, match="a request has one body"):
        build(events, "POST", "/", json={}, body="")


def test_without_a_body_rest_has_null_and_format_2_no_key(events: Events) -> None:
    assert events.api_gateway()["body"] is None
    assert "body" not in events.http_api()
    assert "body" not in events.function_url()


@every_api
def test_a_header_goes_before_the_one_that_is_there_already(build: Build, events: Events) -> None:
    headers = build(events, headers={"user-agent": "curl"})["headers"]
    assert [value for name, value in headers.items() if name.lower() == "user-agent"] == ["curl"]


def test_rest_keeps_the_case_of_header_names_and_lists_their_values(events: Events) -> None:
    event = events.api_gateway(headers={"X-API-key": ["a", "b"]})
    assert event["headers"]["X-API-key"] == "b"
    assert event["multiValueHeaders"]["X-API-key"] == ["a", "b"]
    assert event["headers"].keys() == event["multiValueHeaders"].keys()


@format_2
def test_format_2_writes_header_names_small_and_joins_values(build: Build, events: Events) -> None:
    headers = build(events, headers={"X-API-key": ["a", "b"]})["headers"]
    assert headers["x-api-key"] == "a,b"
    assert all(name == name.lower() for name in headers)


def test_rest_has_the_last_query_value_and_the_list_of_all(events: Events) -> None:
    event = events.api_gateway(query={"q": ["1", "2"], "p": "3"})
    assert event["queryStringParameters"] == {"q": "2", "p": "3"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"], "p": ["3"]}


@format_2
def test_format_2_joins_query_values_and_has_the_raw_string(build: Build, events: Events) -> None:
    event = build(events, query={"q": ["1", "2 3"], "p": "é&"})
    assert event["queryStringParameters"] == {"q": "1,2 3", "p": "é&"}
    assert event["rawQueryString"] == "q=1&q=2%203&p=%C3%A9%26"


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.dictionaries(TEXT, st.lists(TEXT, min_size=1)))
def test_the_raw_query_string_can_be_read_back(query: dict[str, list[str]]) -> None:
    assert parse_qs(Events().http_api(query=query)["rawQueryString"], strict_parsing=bool(query)) == query


def test_without_a_query_rest_has_null_and_format_2_no_key(events: Events) -> None:
    rest = events.api_gateway()
    assert rest["queryStringParameters"] is None
    assert rest["multiValueQueryStringParameters"] is None
    assert "queryStringParameters" not in events.http_api()
    assert events.http_api()["rawQueryString"] == ""


def test_cookies_are_a_header_in_rest_and_have_their_place_in_format_2(events: Events) -> None:
    cookies = {"session": "s", "theme": "dark"}
    assert events.api_gateway(cookies=cookies)["headers"]["Cookie"] == "session=s; theme=dark"
    for event in (events.http_api(cookies=cookies), events.function_url(cookies=cookies)):
        assert event["cookies"] == ["session=s", "theme=dark"]
        assert "cookie" not in event["headers"]


def test_path_parameters_are_put_into_the_route(events: Events) -> None:
    route, parameters = "/orders/{id}/{rest+}", {"id": "42", "rest": "a/b"}
    rest = events.api_gateway("GET", route, path_parameters=parameters)
    assert (rest["resource"], rest["path"], rest["pathParameters"]) == (route, "/orders/42/a/b", parameters)
    assert rest["requestContext"]["resourcePath"] == route
    http = events.http_api("get", route, path_parameters=parameters)
    assert (http["routeKey"], http["rawPath"], http["pathParameters"]) == (f"GET {route}", "/orders/42/a/b", parameters)


@with_routes
@pytest.mark.parametrize(
    ("path", "parameters", "problem"),
    [
        ("/orders/{id}", {}, "has the parameters id; got none"),
        ("/orders", {"id": "1"}, "has the parameters none; got id"),
        ("/orders/{id}", {"order": "1"}, "has the parameters id; got order"),
    ],
)
def test_parameters_that_do_not_fit_the_path_are_an_error(
    build: Build, path: str, parameters: dict[str, str], problem: str, events: Events
) -> None:
    with pytest.raises(OptionError, match=problem):
        build(events, "GET", path, path_parameters=parameters)


def test_rest_names_the_stage_in_the_context_only(events: Events) -> None:
    event = events.api_gateway("GET", "/orders", stage="v1", stage_variables={"a": "b"})
    assert event["path"] == "/orders"
    assert event["requestContext"]["path"] == "/v1/orders"
    assert event["requestContext"]["stage"] == "v1"
    assert event["stageVariables"] == {"a": "b"}


def test_a_stage_with_a_name_begins_the_path_of_an_http_api(events: Events) -> None:
    named = events.http_api("GET", "/orders", stage="v1")
    assert named["rawPath"] == named["requestContext"]["http"]["path"] == "/v1/orders"
    assert named["routeKey"] == "GET /orders"
    assert events.http_api("GET", "/orders")["rawPath"] == "/orders"


@every_api
def test_what_the_authorizer_found_is_in_the_context(build: Build, events: Events) -> None:
    assert build(events, authorizer={"principalId": "u"})["requestContext"]["authorizer"] == {"principalId": "u"}
    assert "authorizer" not in build(events)["requestContext"]


def test_a_function_url_is_anonymous_unless_someone_signed(events: Events) -> None:
    assert events.function_url()["requestContext"]["accountId"] == "anonymous"
    signed = events.function_url(authorizer={"iam": {"accountId": "123456789012"}})
    assert signed["requestContext"]["accountId"] == "123456789012"


@every_api
def test_a_path_that_does_not_start_at_the_root_is_an_error(build: Build, events: Events) -> None:
    with pytest.raises(OptionError, match="path: expected a path from the root, '/orders'; got 'orders'"):
        build(events, "GET", "orders")


@every_api
@pytest.mark.parametrize("option", ["headers", "query"])
@pytest.mark.parametrize(("value", "got"), [(1, "int"), (["a", None], "NoneType, str"), ([], "nothing")])
def test_a_value_that_is_no_text_is_an_error(
    build: Build, option: str, value: object, got: str, events: Events
) -> None:
    with pytest.raises(OptionError, match=f"{option}: expected a str for 'a', or a list of at least one; got {got}"):
        build(events, **{option: {"a": value}})
