"""`idempotent` around handlers of both kinds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from lambdakit import (
    HandlerError,
    IdempotencyKeyError,
    InProgressError,
    PayloadMismatchError,
    StoreError,
    current,
    idempotent,
    log,
    logged,
    middleware,
    parse,
    payload,
    sqs_batch,
    traced,
)
from lambdakit._log_context import bound_fields
from lambdakit.events import SQSMessage
from lambdakit.stores import MemoryStore
from lambdakit.testing import FakeContext
from tests.idempotency.order import Order

if TYPE_CHECKING:
    from lambdakit import Next
    from lambdakit.testing import CapturedSpans, Events
    from tests.conftest import AsKind
    from tests.idempotency.conftest import WatchedStore

E = TypeVar("E")
R = TypeVar("R")

KEY = {"id": "o-1"}


def id_of(event: Any) -> object:
    return event["id"]


def test_a_repetition_gets_the_result_and_does_not_run(as_kind: AsKind, store: WatchedStore, calls: list[Any]) -> None:
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        calls.append(event)
        return {"receipt": len(calls)}

    assert handler(KEY, None) == {"receipt": 1}
    assert handler(KEY, None) == {"receipt": 1}
    assert calls == [KEY]


def test_another_key_runs(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        return event["id"]

    assert [handler({"id": name}, None) for name in ("a", "b", "a")] == ["a", "b", "a"]


def test_one_step_claims_and_one_completes(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> None: ...

    handler(KEY, None)
    handler(KEY, None)
    assert store.steps == ["claim", "complete", "claim"]


def test_every_claim_has_an_owner_of_its_own(store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> None: ...

    for number in range(100):
        handler({"id": number}, None)
    assert len(set(store.owners)) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", owner) for owner in store.owners)


def test_the_stored_key_shows_the_function_and_hides_the_key(
    monkeypatch: pytest.MonkeyPatch, store: WatchedStore
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")

    @idempotent(store, key=lambda event: event["card"])
    def handler(event: Any, context: Any) -> None: ...

    handler({"card": "4111-1111"}, None)
    assert re.fullmatch(r"orders:tests\.idempotency\.test_idempotent\.[\w.<>]+\.handler#[0-9a-f]{40}", store.keys[0])
    assert "4111" not in store.keys[0]


def test_functions_have_key_spaces_of_their_own(store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    def first(event: Any, context: Any) -> str:
        return "first"

    @idempotent(store, key=id_of)
    def second(event: Any, context: Any) -> str:
        return "second"

    assert (first(KEY, None), second(KEY, None)) == ("first", "second")


def test_two_functions_of_one_name_on_one_store_are_refused(store: WatchedStore) -> None:
    first, second = lambda event, context: "charged", lambda event, context: "refunded"
    again = idempotent(store, key=id_of)
    again(first)
    again(first)
    with pytest.raises(HandlerError, match=r"has the same name as .*, and so the same keys. Tell them apart by name="):
        again(second)
    idempotent(store, key=id_of, name="refund")(second)
    idempotent(MemoryStore(), key=id_of)(second)


def test_functions_with_one_name_share_a_key_space(store: WatchedStore) -> None:
    @idempotent(store, key=id_of, name="charge")
    def first(event: Any, context: Any) -> str:
        return "first"

    @idempotent(store, key=id_of, name="charge")
    def second(event: Any, context: Any) -> str:
        return "second"

    assert (first(KEY, None), second(KEY, None)) == ("first", "first")


def test_another_version_or_alias_of_the_function_has_the_same_key_space(store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> int:
        return len(store.steps)

    arn = "arn:aws:lambda:eu-central-1:123456789012:function:orders"
    first = handler(KEY, FakeContext(function_version="1", invoked_function_arn=f"{arn}:1"))
    assert handler(KEY, FakeContext(function_version="2", invoked_function_arn=f"{arn}:live")) == first


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (lambda event: event["missing"], "raised KeyError"),
        (lambda event: event.missing, "raised AttributeError"),
        (lambda event: None, "the idempotency key is None"),
        (lambda event: "", "the idempotency key is empty"),
        (lambda event: (), "the idempotency key is empty"),
        (lambda event: ("tenant", None), "part 1 of the idempotency key is None"),
        (lambda event: object(), "cannot be hashed"),
    ],
)
def test_without_a_key_nothing_runs(as_kind: AsKind, store: WatchedStore, key: Any, problem: str) -> None:
    @idempotent(store, key=key)
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise AssertionError

    with pytest.raises(IdempotencyKeyError, match=problem):
        handler(KEY, None)
    assert store.steps == []


@pytest.mark.parametrize("key", [0, False, 1.5, "text", b"bytes", ("a", 1), ["a"], {"a": 1}, frozenset({"a"})])
def test_a_key_is_any_value(store: WatchedStore, key: object) -> None:
    @idempotent(store, key=lambda event: key)
    def handler(event: Any, context: Any) -> int:
        return len(store.steps)

    assert handler({}, None) == handler({}, None) == 1


def test_another_payload_under_one_key_is_refused(as_kind: AsKind, store: WatchedStore, calls: list[Any]) -> None:
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> None:
        calls.append(event)

    handler({"id": "1", "total": 5}, None)
    with pytest.raises(PayloadMismatchError, match="another payload came under an idempotency key"):
        handler({"id": "1", "total": 6}, None)
    assert len(calls) == 1


def test_another_payload_is_refused_while_the_first_one_runs(store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> None:
        if event["total"] == 5:
            with pytest.raises(PayloadMismatchError):
                handler({"id": "1", "total": 6}, None)

    handler({"id": "1", "total": 5}, None)


def test_the_order_of_keys_is_no_other_payload(store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> int:
        return len(store.steps)

    assert handler({"id": "1", "a": 1, "b": 2}, None) == handler({"b": 2, "a": 1, "id": "1"}, None)


def test_fingerprint_none_compares_nothing(store: WatchedStore) -> None:
    @idempotent(store, key=id_of, fingerprint=None)
    def handler(event: Any, context: Any) -> int:
        return len(store.steps)

    assert handler({"id": "1", "total": 5}, None) == handler({"id": "1", "total": 6}, None)


def test_a_fingerprint_of_ones_own_says_what_is_compared(store: WatchedStore) -> None:
    @idempotent(store, key=id_of, fingerprint=lambda event: event["total"])
    def handler(event: Any, context: Any) -> int:
        return len(store.steps)

    assert handler({"id": "1", "total": 5, "at": 1}, None) == handler({"id": "1", "total": 5, "at": 2}, None)
    with pytest.raises(PayloadMismatchError):
        handler({"id": "1", "total": 6, "at": 1}, None)


def test_a_fingerprint_that_raises_is_told_before_anything_runs(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=id_of, fingerprint=lambda event: event["missing"])
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise AssertionError

    with pytest.raises(IdempotencyKeyError, match="fingerprint= raised KeyError"):
        handler(KEY, None)
    assert store.steps == []


def test_what_has_no_fingerprint_is_told_before_anything_runs(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> None:
        raise AssertionError

    with pytest.raises(
        IdempotencyKeyError, match=r"no fingerprint can be made .* builtins\.object .* fingerprint=None"
    ):
        handler(object(), None)


def test_a_redelivered_message_is_the_same_message(as_kind: AsKind, store: WatchedStore, events: Events) -> None:
    @sqs_batch
    @idempotent(store, key=lambda message: message["messageId"])
    @as_kind
    def handler(message: Any, context: Any) -> None:
        store.steps.append("ran")

    event: Any = events.sqs({"total": "12.50"})
    handler(event, None)
    event["Records"][0]["receiptHandle"] = "another"
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
    assert handler(event, None) == {"batchItemFailures": []}
    assert store.steps.count("ran") == 1


def test_below_parse_the_fingerprint_is_of_the_payload_too(
    as_kind: AsKind, store: WatchedStore, events: Events
) -> None:
    @sqs_batch(on_all_failed="report")
    @parse(SQSMessage[Order])
    @idempotent(store, key=lambda message: message.body.id)
    @as_kind
    def handler(message: Any, context: Any) -> None:
        store.steps.append("ran")

    event: Any = events.sqs(Order(id="o-1", total="12.50"))
    handler(event, None)
    event["Records"][0]["receiptHandle"] = "another"
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
    assert handler(event, None) == {"batchItemFailures": []}
    assert store.steps.count("ran") == 1
    assert handler(events.sqs(Order(id="o-1", total="99.99")), None)["batchItemFailures"] != []


def test_below_payload_it_is_what_came_and_not_the_model(store: WatchedStore, events: Events) -> None:
    @payload(Order)
    @idempotent(store, key=lambda order: order.id)
    def handler(order: Any, context: Any) -> str:
        return str(order.seen)

    event = events.sqs({"id": "o-1", "total": "5"})
    assert handler(event, None) == handler(event, None)  # though Order has a default that is new each time


def test_what_the_handler_does_to_the_event_changes_nothing(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> int:
        event["id"] = "mutated"
        event["more"] = True
        return len(store.steps)

    assert handler({"id": "1"}, None) == handler({"id": "1"}, None)
    assert store.keys[0] == store.keys[1]


def test_the_lock_ends_with_the_invocation_and_a_margin(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> None: ...

    handler(KEY, FakeContext(timeout=12.0))
    assert store.locks == [17.0]


def test_with_no_deadline_the_lock_is_as_long_as_any_invocation(store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> None: ...

    handler(KEY, None)
    assert store.locks == [905.0]


def test_lock_says_how_long_it_is(store: WatchedStore) -> None:
    @idempotent(store, key=id_of, lock=2.5)
    def handler(event: Any, context: Any) -> None: ...

    handler(KEY, FakeContext(timeout=12.0))
    assert store.locks == [2.5]


def test_a_running_twin_is_an_error(as_kind: AsKind, store: WatchedStore) -> None:
    twins: list[Any] = []

    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> str:
        standing = store.find(store.keys[0])
        assert standing is not None
        twins.append(store.inner.claim(store.keys[0], "f" * 32, fingerprint="", lock=1, expires_after=1))
        return "done"

    handler(KEY, None)
    assert twins[0].result is None


def test_a_twin_of_a_running_call_does_not_run(store: WatchedStore) -> None:
    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> str:
        with pytest.raises(InProgressError, match=r"another call is at work on .* its lock holds for 90"):
            handler(event, None)
        return "done"

    assert handler(KEY, None) == "done"


def test_in_a_batch_each_record_has_its_own_claim(as_kind: AsKind, store: WatchedStore, events: Events) -> None:
    claims: list[Any] = []

    @sqs_batch
    @idempotent(store, key=lambda message: message["messageId"])
    @as_kind
    def handler(message: Any, context: Any) -> None:
        claims.append(current().claim)

    handler(events.sqs({"n": 1}, {"n": 2}), None)
    assert len({claim.key for claim in claims}) == 2


def test_a_record_that_failed_runs_again_and_the_others_do_not(
    as_kind: AsKind, store: WatchedStore, events: Events, calls: list[Any]
) -> None:
    @sqs_batch
    @payload(dict[str, int])
    @idempotent(store, key=lambda body: body["n"])
    @as_kind
    def handler(body: Any, context: Any) -> None:
        calls.append(body["n"])
        if body["n"] == 2 and calls.count(2) == 1:
            raise ValueError

    event = events.sqs({"n": 1}, {"n": 2})
    assert len(handler(event, None)["batchItemFailures"]) == 1
    assert handler(event, None) == {"batchItemFailures": []}
    assert calls == [1, 2, 2]


def test_current_tells_the_claim_and_only_while_it_runs(as_kind: AsKind, store: WatchedStore) -> None:
    seen: list[Any] = []

    @middleware
    async def around(event: E, call_next: Next[E, R]) -> R:
        seen.append(current().claim)
        result = await call_next(event)
        seen.append(current().claim)
        return result

    @around
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> None:
        seen.append(current().claim)

    handler(KEY, None)
    assert seen[0] is None
    assert (seen[1].key, seen[1].owner) == (store.keys[0], store.owners[0])
    assert seen[2] is None
    assert repr(seen[1]) == f"<Claim on {store.keys[0]}>"


def test_a_replay_is_seen_by_the_layers_around_and_on_log_lines(as_kind: AsKind, store: WatchedStore) -> None:
    seen: list[Any] = []

    @middleware
    async def around(event: E, call_next: Next[E, R]) -> R:
        before = current().replayed
        result = await call_next(event)
        seen.append((before, current().replayed, bound_fields().get("replayed")))
        return result

    @around
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> None: ...

    handler(KEY, None)
    handler(KEY, None)
    handler({"id": "other"}, None)
    assert seen == [(False, False, None), (False, True, True), (False, False, None)]


def test_the_error_of_a_store_means_that_nothing_ran(as_kind: AsKind, store: WatchedStore) -> None:
    store.fails["claim"] = ConnectionError("no route to the store")

    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise AssertionError

    with pytest.raises(
        StoreError, match=r"the idempotency store failed at claim of .*: ConnectionError, which is the cause"
    ) as caught:
        handler(KEY, None)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_on_store_error_run_runs_without_a_claim(
    as_kind: AsKind, store: WatchedStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.fails["claim"] = ConnectionError("no route to the store")

    @idempotent(store, key=id_of, on_store_error="run")
    @as_kind
    def handler(event: Any, context: Any) -> object:
        return current().claim

    assert handler(KEY, None) is None
    assert store.steps == ["claim"]
    assert "runs without a claim, since the store failed" in caplog.text


def test_the_off_switch_leaves_the_handler_alone(
    as_kind: AsKind, store: WatchedStore, monkeypatch: pytest.MonkeyPatch, calls: list[Any]
) -> None:
    @idempotent(store, key=id_of)
    @as_kind
    def handler(event: Any, context: Any) -> None:
        calls.append(event)

    monkeypatch.setenv("LAMBDAKIT_IDEMPOTENCY", "off")
    handler(KEY, None)
    handler(KEY, None)
    assert (len(calls), store.steps) == (2, [])


@pytest.mark.parametrize("initialization", ["on-demand", "snap-start"])
def test_an_embedded_store_is_refused_in_a_lambda_runtime(monkeypatch: pytest.MonkeyPatch, initialization: str) -> None:
    from lambdakit import ConfigurationError

    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialization)
    with pytest.raises(ConfigurationError, match=r"MemoryStore keeps its records where .* per_sandbox=True"):

        @idempotent(MemoryStore(), key=id_of)
        def handler(event: Any, context: Any) -> None: ...


def test_it_is_allowed_there_if_one_sandbox_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")

    @idempotent(MemoryStore(per_sandbox=True), key=id_of)
    def handler(event: Any, context: Any) -> str:
        return "ran"

    assert handler(KEY, None) == "ran"


def test_it_composes_with_the_others(store: WatchedStore) -> None:
    @logged
    @sqs_batch
    @parse
    @idempotent(store, key=lambda message: message.body.id)
    def handler(message: SQSMessage[Order], context: Any) -> None:
        log.info("charging")

    assert repr(handler) == "<Handler logged > sqs_batch > parse > idempotent > handler>"


def test_a_replay_is_an_attribute_of_its_span(
    as_kind: AsKind, store: WatchedStore, events: Events, captured_spans: CapturedSpans
) -> None:
    @traced
    @sqs_batch
    @idempotent(store, key=lambda message: message["body"])
    @as_kind
    def handler(message: Any, context: Any) -> None: ...

    handler(events.sqs("same", "same", "other"), None)
    assert [span.attributes.get("replayed") for span in captured_spans] == [None, None, True, None]


def test_what_a_store_says_itself_is_in_the_message(store: WatchedStore) -> None:
    store.fails["claim"] = StoreError("there is no table 'orders-seen'")

    @idempotent(store, key=id_of)
    def handler(event: Any, context: Any) -> None: ...

    with pytest.raises(StoreError, match=r"failed at claim of .*, so nothing ran: there is no table 'orders-seen'"):
        handler(KEY, None)
