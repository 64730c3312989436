"""Amazon API Gateway, payload format 1.0: `APIGatewayProxyEvent`, for REST APIs, and HTTP APIs that choose it.

See "Input format of a Lambda function for proxy integration" in the Amazon API Gateway Developer Guide.
"""

from typing import Annotated, ClassVar, Generic

from pydantic import AwareDatetime, Field

from ._base import AWSModel, EmptyForNull, Strings
from ._codecs import FromHttpBody
from ._http import Body, ClientCertificate, Headers, no_body


class RequestIdentity(AWSModel):
    """Who sent the request, as far as API Gateway knows."""

    source_ip: str
    user_agent: str | None = None
    access_key: str | None = None
    account_id: str | None = None
    api_key: str | None = None
    api_key_id: str | None = None
    caller: str | None = None
    cognito_authentication_provider: str | None = None
    cognito_authentication_type: str | None = None
    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None
    principal_org_id: str | None = None
    user: str | None = None
    user_arn: str | None = None
    client_cert: ClientCertificate | None = None


class ProxyRequestContext(AWSModel):
    """What API Gateway knows of the request.

    Attributes:
        authorizer: What the authorizer found: `claims` of a Cognito user pool, or whatever a Lambda authorizer gave.
        request_time: As in `09/Apr/2015:12:34:56 +0000`.
        request_time_epoch: The same, as a datetime.
    """

    account_id: str
    api_id: str
    stage: str
    request_id: str
    http_method: str
    path: str
    resource_path: str
    identity: RequestIdentity
    protocol: str | None = None
    authorizer: Annotated[dict[str, object], EmptyForNull] = Field(default_factory=dict[str, object])
    domain_name: str | None = None
    domain_prefix: str | None = None
    extended_request_id: str | None = None
    operation_name: str | None = None
    resource_id: str | None = None
    request_time: str | None = None
    request_time_epoch: AwareDatetime | None = None


class APIGatewayProxyEvent(AWSModel, Generic[Body]):
    """A request to a REST API.

    `APIGatewayProxyEvent` has the body as text, or None where there is none; `APIGatewayProxyEvent[Order]` as an
    `Order`, decoded from JSON; `APIGatewayProxyEvent[Order | None]` where there may be none;
    `APIGatewayProxyEvent[bytes]` as bytes. Where API Gateway has put the body into base64, it is taken out.

    Attributes:
        headers: The last value of each field; `multi_value_headers` has all.
        query_string_parameters: The last value of each parameter; `multi_value_query_string_parameters` has all.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("API Gateway REST API",)

    resource: str
    path: str
    http_method: str
    headers: Headers = Field(default_factory=Headers[str])
    multi_value_headers: Headers[list[str]] = Field(default_factory=Headers[list[str]])
    query_string_parameters: Strings = Field(default_factory=dict[str, str])
    multi_value_query_string_parameters: Annotated[dict[str, list[str]], EmptyForNull] = Field(
        default_factory=dict[str, list[str]]
    )
    path_parameters: Strings = Field(default_factory=dict[str, str])
    stage_variables: Strings = Field(default_factory=dict[str, str])
    request_context: ProxyRequestContext
    is_base64_encoded: bool = False
    body: Annotated[Body, FromHttpBody] = Field(default_factory=no_body, validate_default=True)
