"""AWS Lambda function URLs: `LambdaFunctionURLEvent`.

See "Invoking Lambda function URLs" in the AWS Lambda Developer Guide.
"""

from typing import ClassVar, Generic

from ._http import Body
from .api_gateway_v2 import APIGatewayProxyEventV2


class LambdaFunctionURLEvent(APIGatewayProxyEventV2[Body], Generic[Body]):
    """A request to a function URL: payload format 2.0, as of an HTTP API, so that it is one of those, too.

    `route_key` and `stage` are always `$default`, and there are neither path parameters nor stage variables. An
    authorizer is there, and has `iam` only, where the URL asks for requests to be signed.
    """

    aws_sources: ClassVar[tuple[str, ...]] = ("Lambda function URL",)
