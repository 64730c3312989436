"""Amazon API Gateway, payload format 2.0: `APIGatewayProxyEventV2`, for HTTP APIs.

See "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway" in the Amazon API Gateway Developer Guide.
"""

from typing import Annotated, ClassVar, Generic

from pydantic import AwareDatetime, Field

from ._base import AWSModel, EmptyForNull, Strings
from ._codecs import FromHttpBody
from ._http import Body, ClientCertificate, Headers, no_body


class HTTPDescription(AWSModel):
    """The request line, and where it came from."""

    method: str
    path: str
    protocol: str
    source_ip: str
    user_agent: str | None = None


class JWTAuthorizer(AWSModel):
    """What a JWT authorizer has found in the token."""

    claims: Annotated[dict[str, object], EmptyForNull] = Field(default_factory=dict[str, object])
    scopes: list[str] | None = None


class CognitoIdentity(AWSModel):
    """The identity of an Amazon Cognito identity pool."""

    amr: list[str]
    identity_id: str
    identity_pool_id: str


class IAMAuthorizer(AWSModel):
    """Who signed the request."""

    access_key: str | None = None
    account_id: str | None = None
    caller_id: str | None = None
    cognito_identity: CognitoIdentity | None = None
    principal_org_id: str | None = None
    user_arn: str | None = None
    user_id: str | None = None


class AuthorizerV2(AWSModel):
    """What the authorizer has found; which one it was shows in which attribute is there.

    Attributes:
        lambda_: The context that a Lambda authorizer gave.
    """

    jwt: JWTAuthorizer | None = None
    iam: IAMAuthorizer | None = None
    lambda_: dict[str, object] | None = None


class AuthenticationV2(AWSModel):
    """How the client authenticated itself."""

    client_cert: ClientCertificate | None = None


class RequestContextV2(AWSModel):
    """What API Gateway, or Lambda, knows of the request.

    Attributes:
        time: As in `12/Mar/2020:19:03:58 +0000`.
        time_epoch: The same, as a datetime.
    """

    account_id: str
    api_id: str
    domain_name: str
    domain_prefix: str
    http: HTTPDescription
    request_id: str
    route_key: str
    stage: str
    time: str
    time_epoch: AwareDatetime
    authentication: AuthenticationV2 | None = None
    authorizer: AuthorizerV2 | None = None


class APIGatewayProxyEventV2(AWSModel, Generic[Body]):
    """A request to an HTTP API.

    `APIGatewayProxyEventV2` has the body as text, or None where there is none; `APIGatewayProxyEventV2[Order]` as an
    `Order`, decoded from JSON; `APIGatewayProxyEventV2[Order | None]` where there may be none;
    `APIGatewayProxyEventV2[bytes]` as bytes. Where API Gateway has put the body into base64, it is taken out.

    Attributes:
        headers: Where a field came more than once, its values are joined by commas.
        query_string_parameters: So are those of parameters; `raw_query_string` has them as they came.
        cookies: As in `name=value`.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("API Gateway HTTP API", "Lambda function URL")

    version: str = "2.0"
    route_key: str
    raw_path: str
    raw_query_string: str
    cookies: list[str] = Field(default_factory=list[str])
    headers: Headers
    query_string_parameters: Strings = Field(default_factory=dict[str, str])
    path_parameters: Strings = Field(default_factory=dict[str, str])
    stage_variables: Strings = Field(default_factory=dict[str, str])
    request_context: RequestContextV2
    is_base64_encoded: bool = False
    body: Annotated[Body, FromHttpBody] = Field(default_factory=no_body, validate_default=True)
