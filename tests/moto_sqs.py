"""moto's SQS server: spoken to with boto3, over HTTP, on a clock that the test moves."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3  # type: ignore[import-untyped]
import pytest
from moto.core.utils import unix_time_millis
from moto.server import ThreadedMotoServer
from moto.sqs import models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdakit.testing.sources import FakeClock


class MotoTime:
    """What moto takes for the time: a fake clock's while one is set, else the real one."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._clock: FakeClock | None = None
        self._ticks = count(1)
        patch.setattr(models, "unix_time_millis", self.milliseconds)
        patch.setattr(models, "unix_time", lambda: self.milliseconds() / 1000)

    def milliseconds(self) -> float:
        if self._clock is None:
            return unix_time_millis()
        # A microsecond passes, since what is visible from now on is so for moto only later.
        return self._clock.milliseconds + next(self._ticks) * 1e-3

    @contextmanager
    def of(self, clock: FakeClock) -> Iterator[None]:
        self._clock = clock
        try:
            yield
        finally:
            self._clock = None


class MotoSQS(NamedTuple):
    """The server: a client of it, its time, and its address."""

    client: Any
    time: MotoTime
    url: str


@contextmanager
def running() -> Iterator[MotoSQS]:
    """The server, on a free port of 127.0.0.1, in a thread of this process, so that its time can be moved."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        client = boto3.Session().client(
            "sqs", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        with pytest.MonkeyPatch.context() as patch:
            yield MotoSQS(client, MotoTime(patch), url)
        client.close()
    finally:
        server.stop()
        assert server._server is not None
        server._server.server_close()
