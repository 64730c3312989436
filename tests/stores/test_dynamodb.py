"""`DynamoDBStore` against two independent servers: moto, which tells the old item, and dynalite, which does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lambdakit.errors import ResultTooLargeError
from lambdakit.stores._dynamodb import ITEM_LIMIT
from lambdakit.stores.dynamodb import AttributeNames, DynamoDBStore
from tests.stores.dynamodb_tables import KEY, OTHER, OWNER, Requests, make_table, set_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.dynalite import DynaliteServer
    from tests.servers.moto import MotoServer
    from tests.stores.dynamodb_tables import Clock


@pytest.fixture(params=["moto", "dynalite"])
def server(request: pytest.FixtureRequest) -> MotoServer | DynaliteServer:
    found: MotoServer | DynaliteServer = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
def client(server: MotoServer | DynaliteServer) -> Iterator[Any]:
    with server.client() as client:
        yield client


@pytest.fixture
def table(server: MotoServer | DynaliteServer, client: Any) -> str:
    return make_table(client, server.new_table_name())


@pytest.fixture
def store(table: str, client: Any) -> DynamoDBStore:
    return DynamoDBStore(table, client=client)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return set_clock(monkeypatch)


class Seen(NamedTuple):
    owner: str
    fingerprint: str
    result: str | None
    left: float


def claim(store: DynamoDBStore, owner: str, *, lock: float = 10, expires_after: float = 60) -> Seen | None:
    record = store.claim(KEY, owner, fingerprint=f"of {owner[:2]}", lock=lock, expires_after=expires_after)
    return None if record is None else seen(record)


def find(store: DynamoDBStore) -> Seen | None:
    record = store.find(KEY)
    return None if record is None else seen(record)


def seen(record: Any) -> Seen:
    return Seen(record.owner, record.fingerprint, record.result, round(record.left, 5))


def complete(store: DynamoDBStore, owner: str, result: str = '"done"', *, expires_after: float = 60) -> bool:
    return store.complete(KEY, owner, result, expires_after=expires_after)


# What is in the table


def test_an_item_has_few_attributes_and_its_ttl_is_in_whole_seconds_rounded_up(
    store: DynamoDBStore, clock: Clock, client: Any, table: str
) -> None:
    def item() -> Any:
        return client.get_item(TableName=table, Key={"id": {"S": KEY}}, ConsistentRead=True)["Item"]

    clock.now = 1_763_730_000.123457
    claim(store, OWNER)
    running = {
        "id": {"S": KEY},
        "owner": {"S": OWNER},
        "fingerprint": {"S": "of 0a"},
        "stands_until": {"N": "1763730010.123457"},
        "expiration": {"N": "1763730071"},  # the lock, and what it is to be kept beyond
    }
    assert item() == running
    complete(store, OWNER)
    assert item() == running | {
        "result": {"S": '"done"'},
        "stands_until": {"N": "1763730060.123457"},
        "expiration": {"N": "1763730061"},
    }


def test_keys_and_attributes_are_called_what_the_table_calls_them(
    server: MotoServer | DynaliteServer, client: Any, clock: Clock
) -> None:
    table = make_table(client, server.new_table_name(), "PK", "SK")
    names: AttributeNames = {
        "owner": "status",  # a reserved word, as some of the others are
        "fingerprint": "hash",
        "result": "data",
        "stands_until": "until",
        "expiration": "ttl",
    }
    store = DynamoDBStore(table, partition_key="PK", sort_key="SK", sort_value="seen", attributes=names, client=client)
    client.put_item(TableName=table, Item={"PK": {"S": KEY}, "SK": {"S": "mine"}, "data": {"S": "of the user"}})
    assert claim(store, OWNER) is None
    assert claim(store, OTHER) == Seen(OWNER, "of 0a", None, 10)
    assert complete(store, OWNER)
    assert find(store) == Seen(OWNER, "of 0a", '"done"', 60)
    items = client.query(
        TableName=table,
        KeyConditionExpression="PK = :key",
        ExpressionAttributeValues={":key": {"S": KEY}},
        ConsistentRead=True,
    )["Items"]
    assert [set(item) for item in items] == [{"PK", "SK", "data"}, {"PK", "SK", *names.values()}]
    assert [item["SK"]["S"] for item in items] == ["mine", "seen"]
    clock.now += 60
    assert claim(store, OTHER) is None
    assert store.release(KEY, OTHER)


def test_a_lock_and_a_result_end_at_the_instant_that_was_said(store: DynamoDBStore, clock: Clock) -> None:
    claim(store, OWNER, lock=10)
    clock.now += 10
    assert find(store) is None
    assert claim(store, OTHER) is None
    complete(store, OTHER, expires_after=60)
    clock.now += 60
    assert find(store) is None
    assert claim(store, OWNER) is None


# Requests


def test_each_step_is_one_request(store: DynamoDBStore, client: Any) -> None:
    requests = Requests(client)
    claim(store, OWNER)
    assert requests.taken() == ["UpdateItem"]
    complete(store, OWNER)
    assert requests.taken() == ["UpdateItem"]
    store.release(KEY, OWNER)
    assert requests.taken() == ["DeleteItem"]
    find(store)
    assert requests.taken() == ["GetItem"]


def test_a_refused_claim_is_one_request_where_the_old_item_comes_with_it_and_else_two(
    store: DynamoDBStore, client: Any, server: MotoServer | DynaliteServer
) -> None:
    claim(store, OWNER)
    requests = Requests(client)
    claim(store, OTHER)
    tells_the_old_item = type(server).__name__ == "MotoServer"
    assert requests.taken() == (["UpdateItem"] if tells_the_old_item else ["UpdateItem", "GetItem"])


# Large results


def test_the_largest_result_fits_and_a_larger_one_is_refused_before_anything_is_sent(
    dynalite_server: DynaliteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # dynalite measures items as AWS describes it; moto draws the line at 405,000 bytes.
    clock = set_clock(monkeypatch)
    clock.now = 1_763_730_001.123457  # as many digits as there can be
    with dynalite_server.client() as client:
        table = make_table(client, dynalite_server.new_table_name(), "PK", "SK")
        store = DynamoDBStore(table, partition_key="PK", sort_key="SK", client=client)
        store.claim(KEY, OWNER, fingerprint="f" * 64, lock=10, expires_after=60)
        names = "PKSKownerfingerprintresultstands_untilexpiration"
        room = ITEM_LIMIT - len(names) - len(KEY) - len("idempotency") - len(OWNER) - 64 - 2 * 10
        requests = Requests(client)
        with pytest.raises(ResultTooLargeError) as caught:
            complete(store, OWNER, "x" * (room + 1))
        assert requests.taken() == []
        assert complete(store, OWNER, "x" * room)
        # Few bytes are given away: how many a number takes depends on its digits, and the most is reckoned with.
        with pytest.raises(client.exceptions.ClientError, match="exceeded the maximum allowed size"):
            client.update_item(
                TableName=table,
                Key={"PK": {"S": KEY}, "SK": {"S": "idempotency"}},
                UpdateExpression="SET #result = :result",
                ExpressionAttributeNames={"#result": "result"},
                ExpressionAttributeValues={":result": {"S": "x" * (room + 8)}},
            )
    assert str(caught.value) == (
        "DynamoDBStore: with this result the record has 409,601 bytes, and an item of DynamoDB has at most 409,600. "
        "Keep results smaller by `compress=True`, or by returning where the rest of it is."
    )


def test_results_are_measured_in_bytes(store: DynamoDBStore, client: Any) -> None:
    claim(store, OWNER)
    running = find(store)
    requests = Requests(client)
    with pytest.raises(ResultTooLargeError, match=r"has 6\d\d,\d\d\d bytes"):
        complete(store, OWNER, "日" * 200_000)
    with pytest.raises(ResultTooLargeError):
        store.transact_item(KEY, OWNER, "日" * 200_000, expires_after=1)
    assert requests.taken() == []
    still = find(store)
    assert still is not None
    assert running is not None
    assert still[:3] == running[:3]
