"""Payload format 2.0: HTTP APIs of Amazon API Gateway, and Lambda's function URLs.

See "Create AWS Lambda proxy integrations for HTTP APIs" in the API Gateway Developer Guide, and "Invoking Lambda
function URLs" in the AWS Lambda Developer Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from lambdakit.testing._ids import ACCOUNT, REGION

from .builder import NEW_YEAR, Builder, common_log, milliseconds
from .http_request import SOURCE_IP, Request, request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .http_request import Values

_API = "abcdef1234"
_URL = "abcdefghijklmnopqrstuvwxyz012345"


class HTTPAPI(Builder):
    """Events in payload format 2.0."""

    def http_api(
        self,
        method: str = "GET",
        path: str = "/",
        *,
        json: object = None,
        body: str | bytes | None = None,
        headers: Values | None = None,
        query: Values | None = None,
        cookies: Mapping[str, str] | None = None,
        path_parameters: Mapping[str, str] | None = None,
        stage: str = "$default",
        stage_variables: Mapping[str, str] | None = None,
        authorizer: Mapping[str, object] | None = None,
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """A request to an HTTP API, in payload format 2.0.

        Args:
            method: `POST`.
            path: `/orders`; or the route, `/orders/{id}`, with `path_parameters` to put into it. It is taken as it is,
                without percent-encoding.
            json: A payload for the body. It is always encoded, a str too; use `body` for null.
            body: The body as it is; bytes arrive in base64, as those of a binary content type.
            headers: A str each, or a list of several values. Host, User-Agent and the like are there already.
            query: The query, decoded: a str each, or a list of several values.
            cookies: They have a place of their own in the event.
            path_parameters: The values of the parameters in the path.
            stage: The stage; a stage with a name is the first part of the path in the event, too.
            stage_variables: Its variables.
            authorizer: What the authorizer found, as it stands in the request context: `{"jwt": {"claims": ...}}`.
            at: When the request came, with a time zone.

        Returns:
            The event.

        Raises:
            EncodeError: `json` has no form in JSON.
            OptionError: A body is given twice; the path does not start with a slash, or does not fit its parameters;
                a header or query value is neither; the time is none.
        """
        host = f"{_API}.execute-api.{REGION}.amazonaws.com"
        sent = request(
            method,
            path,
            host=host,
            json=json,
            body=body,
            headers=headers,
            query=query,
            cookies=cookies,
            path_parameters=path_parameters,
        )
        event = self._format_2(
            sent,
            host=host,
            account=ACCOUNT,
            path=sent.path if stage == "$default" else f"/{stage}{sent.path}",
            route_key=f"{sent.method} {sent.route}",
            stage=stage,
            authorizer=authorizer,
            at=at,
        )
        if sent.path_parameters:
            event["pathParameters"] = sent.path_parameters
        if stage_variables:
            event["stageVariables"] = dict(stage_variables)
        return event

    def function_url(
        self,
        method: str = "GET",
        path: str = "/",
        *,
        json: object = None,
        body: str | bytes | None = None,
        headers: Values | None = None,
        query: Values | None = None,
        cookies: Mapping[str, str] | None = None,
        authorizer: Mapping[str, object] | None = None,
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """A request to a function URL.

        Args:
            method: `POST`.
            path: `/orders`. It is taken as it is, without percent-encoding; a function URL has no routes.
            json: As for `http_api`.
            body: As for `http_api`.
            headers: As for `http_api`.
            query: As for `http_api`.
            cookies: As for `http_api`.
            authorizer: Who called, where the URL asks for AWS_IAM: `{"iam": {"accountId": ...}}`. Without it the
                caller is anonymous.
            at: When the request came, with a time zone.

        Returns:
            The event.

        Raises:
            EncodeError: As for `http_api`.
            OptionError: As for `http_api`.
        """
        host = f"{_URL}.lambda-url.{REGION}.on.aws"
        sent = request(method, path, host=host, json=json, body=body, headers=headers, query=query, cookies=cookies)
        return self._format_2(
            sent,
            host=host,
            account="anonymous" if authorizer is None else ACCOUNT,
            path=sent.path,
            route_key="$default",
            stage="$default",
            authorizer=authorizer,
            at=at,
        )

    def _format_2(
        self,
        sent: Request,
        *,
        host: str,
        account: str,
        path: str,
        route_key: str,
        stage: str,
        authorizer: Mapping[str, object] | None,
        at: datetime,
    ) -> dict[str, Any]:
        prefix = host.partition(".")[0]
        return {
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": path,
            "rawQueryString": urlencode(sent.query, doseq=True, quote_via=quote),
            **({"cookies": sent.cookies} if sent.cookies else {}),
            "headers": {name.lower(): value for name, value in _joined(sent.headers).items()},
            **({"queryStringParameters": _joined(sent.query)} if sent.query else {}),
            "requestContext": {
                "accountId": account,
                "apiId": prefix,
                "authentication": None,
                **({"authorizer": dict(authorizer)} if authorizer is not None else {}),
                "domainName": host,
                "domainPrefix": prefix,
                "http": {
                    "method": sent.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": SOURCE_IP,
                    "userAgent": sent.user_agent,
                },
                "requestId": self._ids.uuid(),
                "routeKey": route_key,
                "stage": stage,
                "time": common_log(at),
                "timeEpoch": milliseconds(at),
            },
            **({"body": sent.body} if sent.body is not None else {}),
            "isBase64Encoded": sent.is_base64,
        }


def _joined(values: dict[str, list[str]]) -> dict[str, str]:
    return {name: ",".join(several) for name, several in values.items()}
