"""`DynamoDBStore` when the network or DynamoDB fails; with the client that it makes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore import exceptions  # type: ignore[import-untyped]
from botocore.retries import standard  # type: ignore[import-untyped]

from lambdakit import _boto3
from lambdakit.errors import StoreError
from lambdakit.stores.dynamodb import DynamoDBStore
from tests.servers.proxy import Proxy
from tests.stores.dynamodb_tables import KEY, OTHER, OWNER, Requests, answer, make_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.moto import MotoServer


@pytest.fixture(scope="module")
def session() -> Any:
    """One for all tests: the first client of a session takes long."""
    return boto3.Session()


@pytest.fixture
def proxy(moto_server: MotoServer) -> Iterator[Proxy]:
    with Proxy(moto_server.port) as proxy:
        yield proxy


@pytest.fixture
def table(moto_server: MotoServer) -> str:
    with moto_server.client() as client:
        return make_table(client, moto_server.new_table_name())


@pytest.fixture
def store(
    table: str, proxy: Proxy, moto_server: MotoServer, session: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DynamoDBStore]:
    """As users make it, in an environment that leads through the proxy. It does not wait between attempts."""
    for name, value in moto_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://{proxy.host}:{proxy.port}")
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    monkeypatch.setattr(_boto3, "_clients", {})
    yield DynamoDBStore(table)
    for client in _boto3._clients.values():
        client.close()


def claim(store: DynamoDBStore, owner: str = OWNER, lock: float = 60) -> Any:
    return store.claim(KEY, owner, fingerprint="", lock=lock, expires_after=60)


def complete(store: DynamoDBStore) -> bool:
    return store.complete(KEY, OWNER, "1", expires_after=60)


def release(store: DynamoDBStore) -> bool:
    return store.release(KEY, OWNER)


def owner_of(store: DynamoDBStore) -> str | None:
    record = store.find(KEY)
    return None if record is None else record.owner


def answering(
    code: str, status: int = 400, *, times: int, operation: str = "UpdateItem", message: str = ""
) -> list[str]:
    """Let DynamoDB refuse a kind of request some times; gives a list of those that it got, which grows."""
    got: list[str] = []

    def refuse(**_: object) -> Any:
        got.append(operation)
        return answer(status, code, message) if len(got) <= times else None

    _boto3.client("dynamodb").meta.events.register(f"before-send.dynamodb.{operation}", refuse)
    return got


# Lost replies


def test_a_claim_whose_reply_was_lost_is_ones_own(store: DynamoDBStore, proxy: Proxy) -> None:
    lost = proxy.cut_reply(when=b"UpdateItem")
    assert claim(store) is None
    assert lost.struck == 1
    assert claim(store, OTHER).owner == OWNER


def test_a_completion_whose_reply_was_lost_is_a_success(store: DynamoDBStore, proxy: Proxy) -> None:
    claim(store)
    lost = proxy.cut_reply(when=b"UpdateItem")
    assert complete(store)
    assert lost.struck == 1
    assert claim(store, OTHER).result == "1"


@pytest.mark.parametrize("times", [1, 2])
def test_a_request_that_did_not_arrive_is_sent_again(store: DynamoDBStore, proxy: Proxy, times: int) -> None:
    lost = proxy.cut_request(when=b"UpdateItem", times=times)
    assert claim(store) is None
    assert lost.struck == times


def test_a_connection_that_broke_since_it_was_last_used_is_replaced(store: DynamoDBStore, proxy: Proxy) -> None:
    claim(store)
    proxy.refuse()
    proxy.normal()
    assert complete(store)


# A server that is not there


def test_a_server_that_is_down_is_an_error_after_three_attempts(store: DynamoDBStore, proxy: Proxy) -> None:
    requests = Requests(_boto3.client("dynamodb"))
    proxy.refuse()
    with pytest.raises(exceptions.EndpointConnectionError):
        claim(store)
    assert requests.taken() == ["UpdateItem"] * 3
    proxy.normal()
    assert owner_of(store) is None


def test_a_server_that_does_not_answer_is_an_error_in_bounded_time(
    store: DynamoDBStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_boto3, "_READ", 0.05)
    requests = Requests(_boto3.client("dynamodb"))
    held = proxy.hold(when=b"UpdateItem")
    with pytest.raises(exceptions.ReadTimeoutError):
        claim(store)
    assert requests.taken() == ["UpdateItem"] * 3
    assert held.struck >= 1
    proxy.normal()
    monkeypatch.setattr(_boto3, "_clients", {})
    monkeypatch.setattr(_boto3, "_READ", 60)
    assert claim(store) is None  # whether or not it was done before
    assert claim(store, OTHER).owner == OWNER


# Answers of DynamoDB's


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
    ],
)
def test_what_passes_is_tried_again(store: DynamoDBStore, code: str, status: int) -> None:
    got = answering(code, status, times=2)
    assert claim(store) is None
    assert len(got) == 3


def test_throttling_that_lasts_is_the_error_of_boto3(store: DynamoDBStore) -> None:
    got = answering("ThrottlingException", times=9)
    with pytest.raises(exceptions.ClientError, match="ThrottlingException"):
        claim(store)
    assert len(got) == 3


def test_a_claim_during_the_owners_transaction_sees_its_record(store: DynamoDBStore) -> None:
    claim(store)
    answering("TransactionConflictException", times=1)
    assert claim(store, OTHER).owner == OWNER


def test_a_claim_during_the_transaction_of_an_owner_whose_lock_has_ended_is_tried_again(store: DynamoDBStore) -> None:
    claim(store, lock=1e-6)
    got = answering("TransactionConflictException", times=2)
    assert claim(store, OTHER) is None
    assert len(got) == 3


def test_a_claim_that_is_always_in_conflict_is_given_up(store: DynamoDBStore) -> None:
    got = answering("TransactionConflictException", times=99)
    with pytest.raises(StoreError, match=r"others were changing the record in table 'table-\d+' at each of 5 attempts"):
        claim(store)
    assert len(got) == 5


def test_a_conflict_is_no_answer_to_who_completes_or_releases(store: DynamoDBStore) -> None:
    claim(store)
    answering("TransactionConflictException", times=1)
    with pytest.raises(exceptions.ClientError, match="TransactionConflictException"):
        complete(store)
    answering("TransactionConflictException", operation="DeleteItem", times=1)
    with pytest.raises(exceptions.ClientError, match="TransactionConflictException"):
        release(store)
    assert complete(store)


def test_a_claim_that_arrived_late_between_two_of_ones_own_steps_is_ones_own(store: DynamoDBStore) -> None:
    # The first attempt is refused, as it seems, and there nevertheless when the record is read.
    claim(store)
    answering("ConditionalCheckFailedException", times=1)
    assert claim(store) is None


# What is not as it must be


def test_a_missing_table_is_named_with_its_region(store: DynamoDBStore) -> None:
    nowhere = DynamoDBStore("nowhere")
    for step in (claim, complete, release, owner_of):
        with pytest.raises(StoreError, match="DynamoDBStore: there is no table 'nowhere' in us-east-1 ") as caught:
            step(nowhere)
        assert isinstance(caught.value.__cause__, exceptions.ClientError)


@pytest.mark.parametrize("step", [claim, complete, owner_of], ids=["claim", "complete", "find"])
@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"partition_key": "PK"}, r"table-\d+' must have the partition key 'PK' and no sort key, both strings"),
        ({"sort_key": "SK"}, r"table-\d+' must have the partition key 'id' and the sort key 'SK', both strings"),
    ],
    ids=["another name", "a sort key"],
)
def test_a_table_with_other_keys_is_told_at_the_claim(
    store: DynamoDBStore, table: str, step: Any, keys: dict[str, str], said: str
) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        step(DynamoDBStore(table, **keys))  # type: ignore[arg-type]
    assert "does not match the schema" in str(caught.value)


def test_a_missing_permission_is_told_with_those_that_are_needed(store: DynamoDBStore) -> None:
    said = "User: arn:aws:sts::123456789012:assumed-role/orders is not authorized to perform: dynamodb:UpdateItem"
    got = answering("AccessDeniedException", times=9, message=said)
    with pytest.raises(StoreError) as caught:
        claim(store)
    assert len(got) == 1
    assert "needs dynamodb:UpdateItem, dynamodb:DeleteItem and dynamodb:GetItem on the table" in str(caught.value)
    assert said in str(caught.value)


def test_an_item_that_is_no_record_is_an_error_and_stays(store: DynamoDBStore, table: str) -> None:
    client = _boto3.client("dynamodb")
    item = {"id": {"S": KEY}, "status": {"S": "INPROGRESS"}, "expiration": {"N": "1"}}
    client.put_item(TableName=table, Item=item)
    for step in (claim, owner_of):
        with pytest.raises(StoreError, match=f"an item in table '{table}' is no record: it has no attribute 'owner'"):
            step(store)
    assert not complete(store)
    assert not release(store)
    assert client.get_item(TableName=table, Key={"id": {"S": KEY}})["Item"] == item
