"""What holds for the fake streams and Kafka whatever happens: checked against a model of what Lambda promises."""

from __future__ import annotations

from math import ceil, log2
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lambdakit.testing.sources import FakeDynamoDBStream, FakeKafka, FakeStream, Fault
from tests.testing.sources.handlers import failures, payload_of, records_of
from tests.testing.sources.outcomes import FAULTS, GOOD, OUTCOMES, SECONDS, Outcome

KEYS = "abcd"
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "batch_size": st.integers(1, 6),
    "bisect_on_error": st.booleans(),
    "maximum_retry_attempts": st.sampled_from([None, 0, 1, 3]),
    "maximum_record_age": st.sampled_from([None, None, 60, 300]),
}


class RetryingMachine(RuleBasedStateMachine):
    """Sends, polls and waits; each batch is held against what the model says comes next."""

    source: Any

    def make_source(self, **options: Any) -> Any:
        raise NotImplementedError

    def put(self, payload: int, key: str) -> None:
        raise NotImplementedError

    @initialize(options=st.fixed_dictionaries(OPTIONS))
    def make(self, options: dict[str, Any]) -> None:
        self.options = options
        self.source = self.make_source(**options)
        self.sent: dict[int, str] = {}
        self.outcome = GOOD
        self.checkpoints: list[int] = []
        self.receive = self.source._receive
        self.source._receive = self.checked_receive

    @rule(key=st.sampled_from(KEYS), count=st.integers(1, 4))
    def send(self, key: str, count: int) -> None:
        for _ in range(count):
            self.put(len(self.sent), key)
            self.sent[len(self.sent)] = key

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        self.source.clock.advance(seconds)

    @rule(outcome=OUTCOMES, fault=FAULTS)
    def poll(self, outcome: Outcome, fault: Fault | None) -> None:
        self.outcome = outcome
        self.source.poll(fault=fault)
        self.outcome = GOOD

    @invariant()
    def nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        source = self.source
        assert sorted([*source.processed, *source.discarded, *source.waiting]) == list(self.sent)

    @invariant()
    def what_is_processed_was_answered_for(self) -> None:
        answered = {
            payload
            for delivery in self.source.history
            if delivery.error is None and delivery.fault is None
            for payload in set(delivery.payloads) - set(delivery.failed)
        }
        assert answered.issuperset(self.source.processed)

    @invariant()
    def nothing_is_discarded_without_a_limit(self) -> None:
        if self.options["maximum_retry_attempts"] is None and self.options["maximum_record_age"] is None:
            assert self.source.discarded == []

    @invariant()
    def no_batch_fails_more_often_than_it_may(self) -> None:
        attempts = self.options["maximum_retry_attempts"]
        if attempts is None:
            return
        halvings = ceil(log2(self.options["batch_size"])) if self.options["bisect_on_error"] else 0
        firsts = [delivery.payloads[0] for delivery in self.source.history if delivery.failed == delivery.payloads]
        assert all(firsts.count(first) <= attempts + 1 + halvings for first in firsts)

    @invariant()
    def no_checkpoint_goes_back(self) -> None:
        before, self.checkpoints = self.checkpoints, self.read_checkpoints()
        assert all(old <= new for old, new in zip(before, self.checkpoints, strict=False))

    def teardown(self) -> None:
        if hasattr(self, "source"):
            self.outcome = GOOD
            self.source.drain()
            assert self.source.waiting == []
            assert sorted([*self.source.processed, *self.source.discarded]) == list(self.sent)

    def read_checkpoints(self) -> list[int]:
        raise NotImplementedError

    def check_batch(self, payloads: list[int], waiting: list[int]) -> None:
        raise NotImplementedError

    def handle(self, event: Any, context: Any) -> object:
        outcome, records = self.outcome, records_of(event)
        self.outcome = GOOD
        if outcome.meanwhile:
            self.source.poll()
        context.advance(outcome.seconds)
        if outcome.raises:
            raise ValueError
        return failures(*(record for place, record in enumerate(records) if place in outcome.fails))

    def checked_receive(self) -> Any:
        before = self.source.waiting
        batch = self.receive()
        if batch is None:
            return None
        payloads = [record.payload for record in batch.records]
        assert 1 <= len(payloads) <= self.options["batch_size"]
        assert set(payloads) <= set(before)
        age = self.options["maximum_record_age"]
        if age is not None:
            oldest = self.source.clock.milliseconds - age * 1000
            assert all(record.arrived >= oldest for record in batch.records)
        self.check_batch(payloads, self.source.waiting)
        return batch


class StreamMachine(RetryingMachine):
    """A shard's batch is what comes next in it, and all before it is settled."""

    def make_source(self, **options: Any) -> Any:
        self.numbers: dict[int, int] = {}
        return FakeStream(self.handle, shards=2, **options)

    def put(self, payload: int, key: str) -> None:
        self.numbers[payload] = int(self.source.send(payload, partition_key=key)[0])

    def shard_of(self, payload: int) -> int:
        shard: int = self.source._shard_of(self.sent[payload])
        return shard

    def check_batch(self, payloads: list[int], waiting: list[int]) -> None:
        (shard,) = {self.shard_of(payload) for payload in payloads}
        assert payloads == [payload for payload in waiting if self.shard_of(payload) == shard][: len(payloads)]

    @invariant()
    def each_shard_is_settled_from_the_front(self) -> None:
        settled = {*self.source.processed, *self.source.discarded}
        for shard in range(2):
            mine = [payload for payload in self.sent if self.shard_of(payload) == shard]
            done = [payload for payload in mine if payload in settled]
            assert done == mine[: len(done)]
        for told in (self.source.processed, self.source.discarded):
            for shard in range(2):
                in_order = [payload for payload in told if self.shard_of(payload) == shard]
                assert in_order == sorted(in_order)

    def read_checkpoints(self) -> list[int]:
        settled = [*self.source.processed, *self.source.discarded]
        last = [
            max((self.numbers[payload] for payload in settled if self.shard_of(payload) == shard), default=0)
            for shard in range(2)
        ]
        assert last == [0 if number is None else int(number) for number in self.source.checkpoints]
        return last


class KafkaMachine(RetryingMachine):
    """What failed comes before anything new, and each partition in order."""

    def make_source(self, **options: Any) -> Any:
        return FakeKafka(self.handle, topics={"orders": 2}, **options)

    def put(self, payload: int, key: str) -> None:
        self.source.send(payload, key=key)

    def check_batch(self, payloads: list[int], waiting: list[int]) -> None:
        assert payloads == sorted(payloads)
        last = self.source.history[-1] if self.source.history else None
        if last is not None and (left := set(last.failed) & set(waiting)):
            assert set(payloads) <= left

    def read_checkpoints(self) -> list[int]:
        committed: dict[str, int] = self.source.committed
        settled = {*self.source.processed, *self.source.discarded}
        assert sum(committed.values()) <= len(settled)
        if not self.source.waiting:
            assert sum(committed.values()) == len(self.sent)
        return [committed[home] for home in sorted(committed)]


TestStream = StreamMachine.TestCase
TestKafka = KafkaMachine.TestCase
TestStream.settings = TestKafka.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(
    poison=st.frozensets(st.integers(0, 19), max_size=4),
    faults=st.lists(FAULTS, max_size=10),
    bisect=st.booleans(),
    make=st.sampled_from([FakeStream, FakeDynamoDBStream, FakeKafka]),
)
def test_one_plan_gives_one_history(
    poison: frozenset[int], faults: list[Fault | None], bisect: bool, make: Any
) -> None:
    def run() -> list[object]:
        def handler(event: Any, context: Any) -> object:
            context.advance(3)
            return failures(*(record for record in records_of(event) if payload_of(record) in poison))

        source = make(handler, faults=faults, bisect_on_error=bisect, maximum_retry_attempts=2, batch_size=4)
        source.send(*({"id": str(number)} if make is FakeDynamoDBStream else number for number in range(20)))
        source.drain()
        return [
            (each.payloads, each.failed, each.event, each.answer, each.fault, each.at, each.request_id)
            for each in source.history
        ]

    assert run() == run()
