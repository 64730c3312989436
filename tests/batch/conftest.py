"""Fixtures for batches that speak to SQS."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lambdakit.batch import _workers
from lambdakit.testing.sources import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.moto_sqs import MotoSQS


class Sqs(NamedTuple):
    """SQS, as a test has it."""

    client: Any
    """The test's own."""
    clock: FakeClock
    requests: list[tuple[str, dict[str, Any]]]
    """What handlers asked of SQS: the operation, and its parameters."""

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of each request of a kind."""
        return [parameters for name, parameters in self.requests if name == operation]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What threads may wait for that are to outlive their batch; set at the end, when they are joined."""
    event = threading.Event()
    yield event
    event.set()
    for thread in _workers._late:
        thread.join()
    _workers._late.clear()


@pytest.fixture(scope="session")
def boto3_session() -> Any:
    """What makes clients: one for all tests, since the first client takes it long."""
    import boto3  # type: ignore[import-untyped]

    return boto3.Session()


@pytest.fixture
def sqs(moto_sqs: MotoSQS, boto3_session: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sqs]:
    """moto's server, where handlers find it by themselves, on a clock that stands still."""
    import boto3

    from lambdakit import _boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", moto_sqs.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    clients: dict[object, Any] = {}
    monkeypatch.setattr(_boto3, "_clients", clients)
    requests: list[tuple[str, dict[str, Any]]] = []

    def remember(params: dict[str, Any], model: Any, **_: object) -> None:
        requests.append((model.name, params))

    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3_session)
    boto3_session.events.register("provide-client-params.sqs", remember)
    clock = FakeClock()
    with moto_sqs.time.of(clock):
        yield Sqs(moto_sqs.client, clock, requests)
    boto3_session.events.unregister("provide-client-params.sqs", remember)
    for client in clients.values():
        client.close()
