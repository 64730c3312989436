"""`DynamoDBStore.transact_item`: the user's writes and the completed record are committed together, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdakit.stores.dynamodb import DynamoDBStore
from tests.stores.dynamodb_tables import KEY, OTHER, OWNER, Requests, make_table, set_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.moto import MotoServer
    from tests.stores.dynamodb_tables import Clock


@pytest.fixture
def client(moto_server: MotoServer) -> Iterator[Any]:
    with moto_server.client() as client:
        yield client


@pytest.fixture
def store(moto_server: MotoServer, client: Any) -> DynamoDBStore:
    return DynamoDBStore(make_table(client, moto_server.new_table_name(), "PK", "SK"), **KEYS, client=client)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return set_clock(monkeypatch)


KEYS: Any = {"partition_key": "PK", "sort_key": "SK"}
ACCOUNT = {"PK": {"S": "account"}, "SK": {"S": "1"}}


def claim(store: DynamoDBStore, owner: str = OWNER) -> Any:
    return store.claim(KEY, owner, fingerprint="f", lock=10, expires_after=60)


def charge(store: DynamoDBStore, client: Any, owner: str = OWNER, condition: str = "") -> None:
    """What the user does: a write of their own, in the same table here, and the record."""
    mine: dict[str, Any] = {
        "TableName": store.table,
        "Key": ACCOUNT,
        "UpdateExpression": "ADD charged :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    if condition:
        mine["ConditionExpression"] = condition
    client.transact_write_items(
        TransactItems=[{"Update": mine}, store.transact_item(KEY, owner, '"done"', expires_after=60)]
    )


def charged(store: DynamoDBStore, client: Any) -> int:
    item = client.get_item(TableName=store.table, Key=ACCOUNT, ConsistentRead=True).get("Item", {})
    return int(item.get("charged", {"N": "0"})["N"])


def reasons(error: Any) -> list[str]:
    return [reason["Code"] for reason in error.value.response["CancellationReasons"]]


def test_both_are_committed(store: DynamoDBStore, client: Any, clock: Clock) -> None:
    claim(store)
    charge(store, client)
    assert charged(store, client) == 1
    record = claim(store, OTHER)
    assert (record.owner, record.fingerprint, record.result, record.left) == (OWNER, "f", '"done"', 60)
    clock.now += 60
    assert claim(store, OTHER) is None


def test_nothing_is_committed_by_an_owner_who_has_lost_the_record(
    store: DynamoDBStore, client: Any, clock: Clock
) -> None:
    claim(store)
    clock.now += 10
    claim(store, OTHER)
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        charge(store, client)
    assert reasons(caught) == ["None", "ConditionalCheckFailed"]
    assert charged(store, client) == 0
    found = store.find(KEY)
    assert found is not None
    assert (found.owner, found.result) == (OTHER, None)


def test_nothing_is_committed_without_a_claim(store: DynamoDBStore, client: Any) -> None:
    with pytest.raises(client.exceptions.TransactionCanceledException):
        charge(store, client)
    assert charged(store, client) == 0
    assert store.find(KEY) is None


def test_what_was_committed_is_not_committed_again(store: DynamoDBStore, client: Any) -> None:
    claim(store)
    charge(store, client)
    with pytest.raises(client.exceptions.TransactionCanceledException):
        charge(store, client)
    assert charged(store, client) == 1


def test_the_record_goes_on_running_where_the_users_own_write_is_refused(store: DynamoDBStore, client: Any) -> None:
    claim(store)
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        charge(store, client, condition="attribute_exists(PK)")
    assert reasons(caught) == ["ConditionalCheckFailed", "None"]
    found = store.find(KEY)
    assert found is not None
    assert found.result is None
    assert store.release(KEY, OWNER)


def test_the_layers_own_completion_afterwards_is_a_repetition(store: DynamoDBStore, client: Any) -> None:
    claim(store)
    charge(store, client)
    assert store.complete(KEY, OWNER, '"done"', expires_after=60)
    assert charged(store, client) == 1


def test_making_the_item_asks_nothing(store: DynamoDBStore, client: Any) -> None:
    requests = Requests(client)
    store.transact_item(KEY, OWNER, '"done"', expires_after=60)
    assert requests.taken() == []
