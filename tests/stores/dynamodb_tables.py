"""Tables of DynamoDB for tests, a clock for the store, and an eye on what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit.stores import dynamodb

if TYPE_CHECKING:
    import pytest

OWNER, OTHER, THIRD = "0a" * 16, "1b" * 16, "2c" * 16
KEY = "orders:app.handler#9f86d081884c7d65"


class Clock:
    """Stands in for the module `time`; moved by the test."""

    def __init__(self) -> None:
        self.now = 1_763_730_000.25

    def time(self) -> float:
        return self.now


def set_clock(patch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    patch.setattr(dynamodb, "_time", clock)
    return clock


def make_table(client: Any, name: str, *keys: str) -> str:
    """A table with a partition key, and a sort key if there are two; both are strings."""
    keys = keys or ("id",)
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        pass
    return name


class Requests:
    """What a client sends: the operation of each request, attempts of botocore's own counted too."""

    def __init__(self, client: Any) -> None:
        self.sent: list[str] = []
        self._events = client.meta.events
        self._events.register("before-send.dynamodb", self._remember)

    def _remember(self, request: Any, **_: object) -> None:
        self.sent.append(request.headers["X-Amz-Target"].decode().split(".")[1])

    def taken(self) -> list[str]:
        """Those since the last call."""
        taken, self.sent = self.sent, []
        return taken


def answer(status: int, code: str, message: str = "") -> Any:
    """What botocore gets for an answer if a handler of `before-send` gives this."""
    import json

    from botocore.awsrequest import AWSResponse  # type: ignore[import-untyped]

    class Body:
        def stream(self, **_: object) -> list[bytes]:
            return [json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}).encode()]

    return AWSResponse("http://127.0.0.1", status, {}, Body())
