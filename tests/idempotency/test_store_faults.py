"""`idempotent` over real stores, when the network or the server fails at any step.

Whatever fails: nothing runs without a claim, nothing runs twice while a lock holds, and a reply that was lost is no
conflict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lambdakit import InProgressError, StoreError, current, idempotent
from lambdakit.stores import DynamoDBStore, PostgresStore, RedisStore
from tests.servers.moto import MotoServer
from tests.servers.proxy import Proxy
from tests.stores.dynamodb_tables import make_table
from tests.stores.postgres_table import schema_with_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdakit.stores import Store
    from tests.conftest import AsKind

PATIENCE = 0.75
"""Seconds that a store waits for an answer here; its own time-outs are tested where its tests are."""

KEY = b"local:charge#"
"""What every request for the record has in it."""


class Faulty(NamedTuple):
    """A store, and the proxy between it and its server."""

    store: Store
    proxy: Proxy


@pytest.fixture(params=["redis", "postgres", "dynamodb"])
def faulty(request: pytest.FixtureRequest) -> Iterator[Faulty]:
    makers: dict[str, Callable[[pytest.FixtureRequest], Iterator[Faulty]]] = {
        "redis": _redis,
        "postgres": _postgres,
        "dynamodb": _dynamodb,
    }
    yield from makers[request.param](request)


def _redis(request: pytest.FixtureRequest) -> Iterator[Faulty]:
    server = request.getfixturevalue("redis_server")
    with Proxy(server.port) as proxy:
        store = RedisStore(f"{proxy.through(server.new_url())}?socket_timeout={PATIENCE}")
        yield Faulty(_used(store), proxy)
        store.close()


def _postgres(request: pytest.FixtureRequest) -> Iterator[Faulty]:
    server = request.getfixturevalue("postgres_server")
    with Proxy(server.port) as proxy:
        store = PostgresStore(proxy.through(schema_with_table(server)), timeout=PATIENCE)
        yield Faulty(_used(store), proxy)
        store.close()


def _dynamodb(request: pytest.FixtureRequest) -> Iterator[Faulty]:
    from botocore.config import Config  # type: ignore[import-untyped]

    server = request.getfixturevalue("moto_server")
    with server.client() as direct, Proxy(server.port) as proxy:
        table = make_table(direct, server.new_table_name())
        once_more = Config(read_timeout=PATIENCE, retries={"mode": "standard", "total_max_attempts": 2})
        with MotoServer(proxy.host, proxy.port).client(once_more) as client:
            yield Faulty(_used(DynamoDBStore(table, client=client)), proxy)


def _used(store: Store) -> Store:
    """Take each step once: what a store does at first use is not what is tested here."""
    assert store.claim("used", "a" * 32, fingerprint="", lock=60, expires_after=60) is None
    assert store.find("used") is not None
    assert store.complete("used", "a" * 32, "1", expires_after=60)
    assert not store.release("used", "a" * 32)
    return store


class Charging:
    """A handler that counts its calls, and in which a test may let something happen."""

    def __init__(self, store: Store, as_kind: AsKind, **options: Any) -> None:
        self.calls = 0
        self.claims: list[object] = []
        self.meanwhile: Callable[[], object] = lambda: None
        options = {"key": lambda event: event["order"], "name": "charge", **options}
        self._handler = idempotent(store, **options)(as_kind(self._charge))

    def __call__(self) -> Any:
        return self._handler({"order": "o-1"}, None)

    def _charge(self, event: Any, context: Any) -> Any:
        self.calls += 1
        self.claims.append(current().claim)
        self.meanwhile()
        return {"receipt": self.calls}


class Declined(Exception):
    """The handler's own error."""


def decline() -> None:
    raise Declined


FAULTS: dict[str, Callable[[Proxy], object]] = {
    "down": lambda proxy: proxy.refuse(),
    "silent": lambda proxy: proxy.swallow(when=KEY),
    "slow": lambda proxy: proxy.hold(when=KEY),
    "cut before the server sees it": lambda proxy: proxy.cut_request(when=KEY, times=None),
    "cut in the middle of the reply": lambda proxy: proxy.cut_reply(when=KEY, after=1, times=None),
    "cut before the reply": lambda proxy: proxy.cut_reply(when=KEY, times=None),
}


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> Callable[[Proxy], object]:
    return FAULTS[request.param]


def test_without_a_claim_nothing_runs(faulty: Faulty, as_kind: AsKind, fault: Callable[[Proxy], object]) -> None:
    handler = Charging(faulty.store, as_kind)
    fault(faulty.proxy)
    with pytest.raises(StoreError, match="the idempotency store failed at claim of local:charge#") as caught:
        handler()
    assert caught.value.__cause__ is not None
    assert not isinstance(caught.value.__cause__, StoreError)
    assert handler.calls == 0


def test_it_runs_when_the_store_is_back(faulty: Faulty, as_kind: AsKind) -> None:
    handler = Charging(faulty.store, as_kind)
    faulty.proxy.refuse()
    with pytest.raises(StoreError):
        handler()
    faulty.proxy.normal()
    assert handler() == handler() == {"receipt": 1}


def test_a_claim_of_which_nobody_heard_holds(faulty: Faulty, as_kind: AsKind) -> None:
    handler = Charging(faulty.store, as_kind)
    faulty.proxy.cut_reply(when=KEY, times=None)
    with pytest.raises(StoreError):
        handler()
    faulty.proxy.normal()
    with pytest.raises(InProgressError):
        handler()
    assert handler.calls == 0


@pytest.mark.parametrize("fault", ["down", "silent"], indirect=True)
def test_run_runs_all_the_same_without_a_claim(
    faulty: Faulty, as_kind: AsKind, fault: Callable[[Proxy], object]
) -> None:
    handler = Charging(faulty.store, as_kind, on_store_error="run")
    fault(faulty.proxy)
    assert handler() == {"receipt": 1}
    assert handler.claims == [None]


@pytest.mark.parametrize("after", [0, 1])
def test_a_claim_whose_reply_was_lost_is_ones_own(faulty: Faulty, as_kind: AsKind, after: int) -> None:
    handler = Charging(faulty.store, as_kind)
    lost = faulty.proxy.cut_reply(when=KEY, after=after)
    assert handler() == {"receipt": 1}
    assert lost.struck == 1
    assert handler() == {"receipt": 1}
    assert handler.calls == 1


@pytest.mark.parametrize("after", [0, 1])
def test_a_completion_whose_reply_was_lost_is_completed(
    faulty: Faulty, as_kind: AsKind, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Charging(faulty.store, as_kind)
    handler.meanwhile = lambda: faulty.proxy.cut_reply(when=KEY, after=after)
    assert handler() == {"receipt": 1}
    assert [record for record in caplog.records if record.name.startswith("lambdakit")] == []
    assert handler() == {"receipt": 1}
    assert handler.calls == 1


def test_a_release_whose_reply_was_lost_is_released(faulty: Faulty, as_kind: AsKind) -> None:
    def fail() -> None:
        lost.append(faulty.proxy.cut_reply(when=KEY))
        decline()

    lost: list[Any] = []
    handler = Charging(faulty.store, as_kind)
    handler.meanwhile = fail
    with pytest.raises(Declined):
        handler()
    assert lost[0].struck == 1
    handler.meanwhile = lambda: None
    assert handler() == {"receipt": 2}


def test_a_result_that_cannot_be_stored_is_returned_and_nothing_runs_again(
    faulty: Faulty, as_kind: AsKind, fault: Callable[[Proxy], object], caplog: pytest.LogCaptureFixture
) -> None:
    handler = Charging(faulty.store, as_kind)
    handler.meanwhile = lambda: fault(faulty.proxy)
    assert handler() == {"receipt": 1}
    assert "ran to its end, but its result was not stored" in caplog.text
    faulty.proxy.normal()
    try:  # where only the replies were lost, or came late, it has been stored after all
        assert handler() == {"receipt": 1}
    except InProgressError:
        pass
    assert handler.calls == 1


def test_a_claim_that_cannot_be_released_holds_until_its_lock_ends(
    faulty: Faulty, as_kind: AsKind, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        faulty.proxy.refuse()
        decline()

    handler = Charging(faulty.store, as_kind, lock=3, on_running="wait")
    handler.meanwhile = fail
    with pytest.raises(Declined):
        handler()
    assert "was not released, and holds until its lock ends" in caplog.text
    faulty.proxy.normal()
    twin = Charging(faulty.store, as_kind)
    with pytest.raises(InProgressError):
        twin()
    handler.meanwhile = lambda: None
    assert handler() == {"receipt": 2}
