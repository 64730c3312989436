"""Records in Amazon DynamoDB: an item each, and one conditional request for each step.

See "Condition and filter expressions" in the Amazon DynamoDB Developer Guide.
"""

from __future__ import annotations

import time as _time
from typing import TYPE_CHECKING, Any, Protocol

from lambdakit import _boto3
from lambdakit._extras import check_installed
from lambdakit.errors import OptionError, ResultTooLargeError, StoreError

from ._dynamodb import ITEM_LIMIT, AttributeNames, Items, exact_time, text, whole_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdakit.idempotency._store import StoredRecord

__all__ = ["AttributeNames", "DynamoDBClient", "DynamoDBStore"]

_ATTEMPTS = 5  # to claim what others change at the same time

_CLAIM = (
    "SET #owner = :owner, #fingerprint = :fingerprint, #stands_until = :stands_until, #expiration = :expiration"
    " REMOVE #result"
)
_COMPLETE = "SET #result = :result, #stands_until = :stands_until, #expiration = :expiration"

_IS_OWNERS = "#owner = :owner"
_IS_RUNNING = "#owner = :owner AND attribute_not_exists(#result)"
_IS_FREE = f"attribute_not_exists(#key) OR #stands_until <= :now OR ({_IS_RUNNING})"

_REFUSED = "ConditionalCheckFailedException"
_CONFLICT = "TransactionConflictException"


class DynamoDBClient(Protocol):
    """What the store needs of a client: `boto3.client("dynamodb")` has it."""

    @property
    def meta(self) -> Any:
        """Where `region_name` is."""
        ...

    def update_item(self, *args: Any, **kwargs: Any) -> Any:
        """See `UpdateItem` in the DynamoDB API Reference."""
        ...

    def delete_item(self, *args: Any, **kwargs: Any) -> Any:
        """See `DeleteItem` in the DynamoDB API Reference."""
        ...

    def get_item(self, *args: Any, **kwargs: Any) -> Any:
        """See `GetItem` in the DynamoDB API Reference."""
        ...


class DynamoDBStore:
    """Records in a DynamoDB table: for functions that run in any number of sandboxes.

    A claim is one request, and so is a completion. boto3 is loaded and its client made at the first claim. Needs the
    extra `aws`, and `dynamodb:UpdateItem`, `dynamodb:DeleteItem` and `dynamodb:GetItem` on the table.

    Args:
        table: The name of the table, or its ARN.
        partition_key: The name of its partition key, a string. Its value is the key of the record.
        sort_key: The name of its sort key, a string, if it has one.
        sort_value: The value of the sort key, the same for all records.
        attributes: Other names for the other attributes: `{"expiration": "ttl"}` if that is the table's time to live.
        client: A low-level DynamoDB client of your own. Default: one with a time-out of 2 seconds to connect and 3 to
            read, and three attempts in boto3's standard retry mode. Region, endpoint and credentials are found as boto3
            finds them.

    Raises:
        OptionError: An option has a value that it cannot have.
        MissingExtraError: boto3 is not installed.

    Limitations:
        DynamoDB tells no time to conditions, so the clocks are those of the sandboxes. A claim succeeds too early where
        they differ by more than the margin of the lock, which is five seconds under `idempotent`.

        An item may have 400 KB. A larger result is a `ResultTooLargeError` before anything is written.

        In a global table with eventual consistency, regions that claim one key at the same time both succeed, since the
        condition is checked in each region for itself, and the last writer wins. Let all claims of a key be made in one
        region.

        A table that is restored from a backup has forgotten what was recorded since.
    """

    def __init__(
        self,
        table: str,
        *,
        partition_key: str = "id",
        sort_key: str | None = None,
        sort_value: str = "idempotency",
        attributes: AttributeNames | None = None,
        client: DynamoDBClient | None = None,
    ) -> None:
        texts: dict[str, object] = {"table": table, "sort_value": sort_value}
        for option, value in texts.items():
            if not (isinstance(value, str) and value):
                msg = f"DynamoDBStore: {option} is a string that is not empty, not {value!r}"
                raise OptionError(msg)
        if client is None:
            check_installed("boto3", extra_name="aws", needed_by="DynamoDBStore")
        self.table = table
        self._items = Items(
            table, partition_key=partition_key, sort_key=sort_key, sort_value=sort_value, attributes=attributes or {}
        )
        self._own_client = client

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        """See `Store.claim`. One request; two where the server does not tell why it refuses, as DynamoDB does."""
        for _ in range(_ATTEMPTS):
            now = _time.time()
            until = now + lock
            try:
                # Not PutItem: it would take any key for an attribute, and a wrong one would be told at the completion.
                self._ask(
                    "update_item",
                    Key=self._items.key(key),
                    UpdateExpression=_CLAIM,
                    ConditionExpression=_IS_FREE,
                    ExpressionAttributeNames=self._items.names_to_claim,
                    ExpressionAttributeValues={
                        ":owner": text(owner),
                        ":fingerprint": text(fingerprint),
                        ":stands_until": exact_time(until),
                        ":expiration": whole_time(until + expires_after),
                        ":now": exact_time(now),
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except Exception as error:
                code = _code(error)
                if code not in (_REFUSED, _CONFLICT):  # a conflict: its owner's transaction is under way
                    raise
                if code == _REFUSED and (item := error.response.get("Item")):  # type: ignore[attr-defined]
                    return self._items.record(item, now)
            else:
                return None
            standing = self.find(key)
            if standing is not None:
                # One's own running record is there if an earlier attempt arrived after all.
                return None if standing.owner == owner and standing.result is None else standing
        msg = f"DynamoDBStore: others were changing the record in table {self.table!r} at each of {_ATTEMPTS} attempts"
        raise StoreError(msg)

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """See `Store.complete`. One request."""
        return self._change("update_item", **self._completion(key, owner, result, _IS_OWNERS, expires_after))

    def release(self, key: str, owner: str) -> bool:
        """See `Store.release`. One request."""
        return self._change(
            "delete_item",
            Key=self._items.key(key),
            ConditionExpression=_IS_RUNNING,
            ExpressionAttributeNames=self._items.names_to_release,
            ExpressionAttributeValues={":owner": text(owner)},
        )

    def find(self, key: str) -> StoredRecord | None:
        """See `Store.find`. One consistent read."""
        item = self._ask("get_item", Key=self._items.key(key), ConsistentRead=True).get("Item")
        record = None if item is None else self._items.record(item, _time.time())
        return None if record is None or record.left <= 0 else record

    def transact_item(self, key: str, owner: str, result: str, *, expires_after: float) -> dict[str, Any]:
        """See `ItemStore.transact_item`: for the `TransactItems` of a low-level client's `transact_write_items`.

        The transaction is refused if the record is not the owner's, and also if it is completed, so that what is
        committed with it is committed once, however often it is sent.
        """
        return {
            "Update": {
                "TableName": self.table,
                **self._completion(key, owner, result, _IS_RUNNING, expires_after),
            }
        }

    def _completion(self, key: str, owner: str, result: str, condition: str, expires_after: float) -> dict[str, Any]:
        size = self._items.size(key, result)
        if size > ITEM_LIMIT:
            msg = (
                f"DynamoDBStore: with this result the record has {size:,} bytes, and an item of DynamoDB has at most "
                f"{ITEM_LIMIT:,}. Keep results smaller by `compress=True`, or by returning where the rest of it is."
            )
            raise ResultTooLargeError(msg)
        until = _time.time() + expires_after
        return {
            "Key": self._items.key(key),
            "UpdateExpression": _COMPLETE,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": self._items.names_to_complete,
            "ExpressionAttributeValues": {
                ":owner": text(owner),
                ":result": text(result),
                ":stands_until": exact_time(until),
                ":expiration": whole_time(until),
            },
        }

    def _change(self, operation: str, **request: object) -> bool:
        try:
            self._ask(operation, **request)
        except Exception as error:
            if _code(error) != _REFUSED:
                raise
            return False
        return True

    def _ask(self, operation: str, **request: object) -> Mapping[str, Any]:
        client = _boto3.client("dynamodb") if self._own_client is None else self._own_client
        try:
            answer: Mapping[str, Any] = getattr(client, operation)(TableName=self.table, **request)
        except Exception as error:
            if advice := self._advice(error, client):
                msg = f"DynamoDBStore: {advice}"
                raise StoreError(msg) from error
            raise
        return answer

    def _advice(self, error: Exception, client: DynamoDBClient) -> str | None:
        """What to do, if the table or the permissions are not as they must be."""
        code, said = _code(error), str(error)
        if code == "ResourceNotFoundException":
            return f"there is no table {self.table!r} in {client.meta.region_name} that is ready, in this account"
        if code == "AccessDeniedException":
            return (
                f"the role of the function needs dynamodb:UpdateItem, dynamodb:DeleteItem and dynamodb:GetItem on the "
                f"table {self.table!r}, and what its KMS key asks for, if it has one. AWS said: {said}"
            )
        if code == "ValidationException" and " key " in said:
            return (
                f"the table {self.table!r} must have {self._items.keys}; else say partition_key= and sort_key=. "
                f"AWS said: {said}"
            )
        return None

    def __repr__(self) -> str:
        return f"<DynamoDBStore {self.table!r}>"


def _code(error: Exception) -> str | None:
    """The code of an error that AWS answered with."""
    response = getattr(error, "response", None) or {}
    code: str | None = response.get("Error", {}).get("Code")
    return code
