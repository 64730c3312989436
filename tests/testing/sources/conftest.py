"""Fixtures for the tests of fake event sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.testing.sources.moto_queue import MotoTime

if TYPE_CHECKING:
    from collections.abc import Iterator


class MotoSQS(NamedTuple):
    """moto's SQS server: a client of it, and its time."""

    client: Any
    time: MotoTime


@pytest.fixture(scope="session")
def moto_sqs() -> Iterator[MotoSQS]:
    """The server, on a free port of 127.0.0.1, in a thread of this process, so that its time can be moved."""
    import boto3  # type: ignore[import-untyped]
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client = boto3.client(
            "sqs",
            endpoint_url=f"http://{host}:{port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        with pytest.MonkeyPatch.context() as patch:
            yield MotoSQS(client, MotoTime(patch))
        client.close()
    finally:
        server.stop()
        assert server._server is not None
        server._server.server_close()
