"""What `DynamoDBStore` can be given."""

from typing import Any

from lambdakit.idempotency._store import ItemStore
from lambdakit.stores.dynamodb import DynamoDBStore


class Client:
    """As a client of boto3 is for type checkers, with boto3-stubs and without."""

    meta: object

    def update_item(self, *, TableName: str, Key: dict[str, object]) -> dict[str, object]:
        return Key

    def delete_item(self, **kwargs: Any) -> Any: ...

    def get_item(self, **kwargs: str) -> object: ...


def make(names: dict[str, str]) -> ItemStore:
    DynamoDBStore("orders-seen", "id")  # error: mypy[call-arg] pyright[reportCallIssue]
    DynamoDBStore("orders-seen", client="dynamodb")  # error: mypy[arg-type] pyright[reportArgumentType]
    DynamoDBStore("orders-seen", attributes=names)  # error: mypy[arg-type] pyright[reportArgumentType]
    DynamoDBStore("orders-seen", attributes={"ttl": "ttl"})  # error: mypy[arg-type] pyright[reportArgumentType]
    return DynamoDBStore("orders-seen", attributes={"expiration": "ttl"}, client=Client())
