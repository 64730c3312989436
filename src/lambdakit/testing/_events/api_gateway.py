"""Amazon API Gateway, REST APIs.

See "Input format of a Lambda function for proxy integration" in the API Gateway Developer Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit.testing._ids import ACCOUNT, REGION

from .builder import NEW_YEAR, Builder, common_log, milliseconds
from .http_request import SOURCE_IP, request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .http_request import Values

_API = "abcdef1234"
_HOST = f"{_API}.execute-api.{REGION}.amazonaws.com"


class RestAPI(Builder):
    """Events of REST APIs."""

    def api_gateway(
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
        stage: str = "prod",
        stage_variables: Mapping[str, str] | None = None,
        authorizer: Mapping[str, object] | None = None,
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """A request to a REST API with Lambda proxy integration.

        Args:
            method: `POST`.
            path: `/orders`; or the resource, `/orders/{id}`, with `path_parameters` to put into it. It is taken as it
                is, without percent-encoding.
            json: A payload for the body. It is always encoded, a str too; use `body` for null.
            body: The body as it is; bytes arrive in base64, as from a binary media type.
            headers: A str each, or a list of several values. Host, User-Agent and the like are there already.
            query: The query, decoded: a str each, or a list of several values.
            cookies: They become the header Cookie.
            path_parameters: The values of the parameters in the path.
            stage: The stage.
            stage_variables: Its variables.
            authorizer: What the authorizer found, as it stands in the request context.
            at: When the request came, with a time zone.

        Returns:
            The event.

        Raises:
            EncodeError: `json` has no form in JSON.
            OptionError: A body is given twice; the path does not start with a slash, or does not fit its parameters;
                a header or query value is neither; the time is none.
        """
        sent = request(
            method,
            path,
            host=_HOST,
            json=json,
            body=body,
            headers=headers,
            query=query,
            cookies=cookies,
            path_parameters=path_parameters,
        )
        sent_headers = sent.headers | ({"Cookie": ["; ".join(sent.cookies)]} if sent.cookies else {})
        return {
            "resource": sent.route,
            "path": sent.path,
            "httpMethod": sent.method,
            "headers": _last_of_each(sent_headers),
            "multiValueHeaders": sent_headers,
            "queryStringParameters": _last_of_each(sent.query) or None,
            "multiValueQueryStringParameters": sent.query or None,
            "pathParameters": sent.path_parameters or None,
            "stageVariables": dict(stage_variables or {}) or None,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": _API,
                **({"authorizer": dict(authorizer)} if authorizer is not None else {}),
                "deploymentId": "a1b2c3",
                "domainName": _HOST,
                "domainPrefix": _API,
                "extendedRequestId": f"{self._ids.hex(15)}=",
                "httpMethod": sent.method,
                "identity": {
                    "accessKey": None,
                    "accountId": None,
                    "caller": None,
                    "cognitoAuthenticationProvider": None,
                    "cognitoAuthenticationType": None,
                    "cognitoIdentityId": None,
                    "cognitoIdentityPoolId": None,
                    "principalOrgId": None,
                    "sourceIp": SOURCE_IP,
                    "user": None,
                    "userAgent": sent.user_agent,
                    "userArn": None,
                },
                "path": f"/{stage}{sent.path}",
                "protocol": "HTTP/1.1",
                "requestId": self._ids.uuid(),
                "requestTime": common_log(at),
                "requestTimeEpoch": milliseconds(at),
                "resourceId": "a1b2c3",
                "resourcePath": sent.route,
                "stage": stage,
            },
            "body": sent.body,
            "isBase64Encoded": sent.is_base64,
        }


def _last_of_each(values: dict[str, list[str]]) -> dict[str, str]:
    return {name: several[-1] for name, several in values.items()}
