"""What servers that stand in for AWS have in common: how a client finds one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Service = Literal["dynamodb", "sqs"]

_REGION = "us-east-1"
_KEY = "test"
"""Both parts of the credentials. The servers take any."""


@dataclass(frozen=True)
class AWSServer:
    """Where a server is."""

    host: str
    port: int
    _numbers: count[int] = field(default_factory=lambda: count(1), repr=False)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @contextmanager
    def client(self, config: Any = None, *, service: Service = "dynamodb") -> Iterator[Any]:
        """A client, closed at the end of the block. The first one takes a third of a second to make, the next little.

        Args:
            config: botocore's.
            service: Whose client.
        """
        client = _session().client(
            service,
            endpoint_url=self.url,
            region_name=_REGION,
            aws_access_key_id=_KEY,
            aws_secret_access_key=_KEY,
            config=config,
        )
        try:
            yield client
        finally:
            client.close()

    def environment(self, service: Service = "dynamodb") -> dict[str, str]:
        """Variables by which a client that is made without any arguments finds the server."""
        return {
            f"AWS_ENDPOINT_URL_{service.upper()}": self.url,
            "AWS_REGION": _REGION,
            "AWS_DEFAULT_REGION": _REGION,
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _KEY,
        }

    def new_table_name(self) -> str:
        """A name that no other table has. It is for the test to make the table."""
        return f"table-{next(self._numbers)}"


@cache
def _session() -> Any:
    import boto3  # type: ignore[import-untyped]

    return boto3.Session()
