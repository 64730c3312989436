"""`client`: boto3's clients, made at first use, with a configuration that fits Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, overload

from lambdakit import _boto3
from lambdakit._configurable import called_at
from lambdakit._extras import check_installed
from lambdakit._invocation import invocation
from lambdakit.errors import OptionError

from ._lazy import proxied
from ._once import Once

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

    class Options(TypedDict, total=False):
        """See `client`."""

        region: str | None
        endpoint_url: str | None
        config: Mapping[str, object] | None
        early: bool | None


_CONNECT, _READ, _LEAST = 2.0, 10.0, 2.0  # seconds
_PATIENCE = 4
"""A request that gets no answer may take this part of the time that a function has."""


@overload
def client(service: Literal["bedrock-runtime"], /, **options: Unpack[Options]) -> BedrockRuntimeClient: ...
@overload
def client(service: Literal["cloudwatch"], /, **options: Unpack[Options]) -> CloudWatchClient: ...
@overload
def client(service: Literal["dynamodb"], /, **options: Unpack[Options]) -> DynamoDBClient: ...
@overload
def client(service: Literal["events"], /, **options: Unpack[Options]) -> EventBridgeClient: ...
@overload
def client(service: Literal["firehose"], /, **options: Unpack[Options]) -> FirehoseClient: ...
@overload
def client(service: Literal["kinesis"], /, **options: Unpack[Options]) -> KinesisClient: ...
@overload
def client(service: Literal["kms"], /, **options: Unpack[Options]) -> KMSClient: ...
@overload
def client(service: Literal["lambda"], /, **options: Unpack[Options]) -> LambdaClient: ...
@overload
def client(service: Literal["s3"], /, **options: Unpack[Options]) -> S3Client: ...
@overload
def client(service: Literal["secretsmanager"], /, **options: Unpack[Options]) -> SecretsManagerClient: ...
@overload
def client(service: Literal["sesv2"], /, **options: Unpack[Options]) -> SESV2Client: ...
@overload
def client(service: Literal["sns"], /, **options: Unpack[Options]) -> SNSClient: ...
@overload
def client(service: Literal["sqs"], /, **options: Unpack[Options]) -> SQSClient: ...
@overload
def client(service: Literal["ssm"], /, **options: Unpack[Options]) -> SSMClient: ...
@overload
def client(service: Literal["stepfunctions"], /, **options: Unpack[Options]) -> SFNClient: ...
@overload
def client(service: Literal["sts"], /, **options: Unpack[Options]) -> STSClient: ...
@overload
def client(service: str, /, **options: Unpack[Options]) -> Any: ...
def client(
    service: str,
    /,
    *,
    region: str | None = None,
    endpoint_url: str | None = None,
    config: Mapping[str, object] | None = None,
    early: bool | None = None,
) -> Any:
    """Give a boto3 client that costs nothing until it is used.

    `s3 = client("s3")` does nothing yet; `s3.put_object(...)` makes the client: once for all who ask for the same, and
    under one lock, since clients of one session must not be made in several threads at once. All share boto3's default
    session. Region, endpoint and credentials are found as boto3 finds them. With provisioned concurrency, SnapStart and
    Managed Instances nobody waits for the start, so there it is made at import.

    A request that gets no answer must not take all the time that the function has. So connecting may take 2 seconds,
    and an answer a quarter of the time that is left when the client is made: 2 to 10 seconds. Requests are sent up to
    three times, in boto3's "standard" retry mode; connections are kept alive.

    The type is that of boto3-stubs, where they are installed for that service.

    Args:
        service: As boto3 calls it.
        region: The region. Default: the function's own.
        endpoint_url: Where requests go, for a local server say. Default: as boto3 finds it.
        config: Options of `botocore.config.Config`, which take precedence: `{"read_timeout": 60}`.
        early: Whether to make it at import. Default: as above; `LAMBDAKIT_EARLY_CLIENTS=1` says it for all. If making
            it early fails, that is logged, and the first use tries again.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        MissingExtraError: boto3 is not installed; at import.

    Limitations:
        The service and the names in `config` are boto3's to check, at first use.
    """
    given: tuple[object, object] = (service, config)
    if not isinstance(given[0], str) or not service:
        msg = f"{called_at('client')} takes the name of a service, as in client('s3'), not {service!r}"
        raise OptionError(msg)
    if not isinstance(given[1], dict | None):
        msg = (
            f"{called_at('client')}: config is a dict of options of botocore's Config, not {type(config).__qualname__}"
        )
        raise OptionError(msg)
    check_installed("boto3", extra_name="aws", needed_by=f"client({service!r})")

    def make() -> Any:
        return _boto3.client(service, region, endpoint_url=endpoint_url, config=config, timeouts=_timeouts)

    once = Once(f"client {service!r}", make, warm=_boto3.connect)
    return proxied(once, early=early)


def _timeouts() -> tuple[float, float]:
    return _CONNECT, min(_READ, max(_LEAST, invocation.get()[0].remaining / _PATIENCE))
