"""Clients in trouble: credentials that expire, and a service that throttles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError  # type: ignore[import-untyped]
from botocore.retries.standard import ExponentialBackoff  # type: ignore[import-untyped]

from lambdakit import _boto3, client
from tests.clients.tables import Tables, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    made: dict[Any, Any] = {}
    monkeypatch.setattr(_boto3, "_clients", made)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server
        for one in made.values():
            one.close()


@pytest.fixture
def provider(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Gives the credentials, as Lambda does under SnapStart."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{tables.url}/credentials")
    return tables


def credentials(key: str, *, minutes: int) -> dict[str, str]:
    """Credentials that expire in so many minutes."""
    expiration = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"AccessKeyId": key, "SecretAccessKey": "test", "Token": "test", "Expiration": expiration}


def test_a_request_that_is_throttled_is_sent_again(tables: Tables) -> None:
    tables.throttled = 2
    assert client("dynamodb").list_tables()["TableNames"] == []
    assert len(tables.keys) == 3


def test_throttling_that_goes_on_is_boto3s_error_after_three_attempts(tables: Tables) -> None:
    tables.throttled = 99
    dynamodb = client("dynamodb")
    with pytest.raises(ClientError, match="ThrottlingException"):
        dynamodb.list_tables()
    assert len(tables.keys) == 3
    tables.throttled = 0
    assert dynamodb.list_tables()["TableNames"] == []


def test_credentials_that_are_about_to_expire_are_renewed_under_the_same_client(provider: Tables) -> None:
    provider.credentials = [credentials("OLD", minutes=5), credentials("NEW", minutes=60)]
    dynamodb = client("dynamodb")
    for _ in range(3):
        dynamodb.list_tables()
    assert provider.keys == ["NEW", "NEW", "NEW"]


def test_credentials_that_have_expired_are_an_error_until_there_are_new_ones(provider: Tables) -> None:
    provider.credentials = [credentials("OLD", minutes=-5)]
    dynamodb = client("dynamodb")
    for _ in range(2):
        with pytest.raises((RuntimeError, CredentialRetrievalError), match="expired"):
            dynamodb.list_tables()
    assert provider.keys == []
    provider.credentials = [credentials("NEW", minutes=60)]
    dynamodb.list_tables()
    assert provider.keys == ["NEW"]
