"""What holds for the fake queues whatever happens: checked against a model of SQS's promises."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lambdakit import sqs_batch
from lambdakit.testing.sources import FakeFifoQueue, FakeQueue, Fault
from tests.testing.sources.handlers import failures, payload_of
from tests.testing.sources.outcomes import FAULTS, GOOD, OUTCOMES, SECONDS, Outcome

VISIBILITY = 30


class QueueMachine(RuleBasedStateMachine):
    """Sends, polls and waits; each receive is held against what the model says can be received."""

    fifo = False
    queue: Any

    @initialize(
        batch_size=st.integers(1, 5), max_receive_count=st.sampled_from([None, 1, 3]), delay=st.sampled_from([0, 0, 20])
    )
    def make(self, batch_size: int, max_receive_count: int | None, delay: int) -> None:
        make: Any = FakeFifoQueue if self.fifo else FakeQueue
        self.queue = make(
            self.handle,
            batch_size=batch_size,
            max_receive_count=max_receive_count,
            visibility_timeout=VISIBILITY,
            delay=delay,
        )
        self.batch_size, self.max_receive_count, self.delay = batch_size, max_receive_count, delay
        self.groups: dict[int, str] = {}
        self.hidden_until: dict[int, int] = {}
        self.receives: dict[int, int] = {}
        self.outcome = GOOD
        self.receive = self.queue._receive
        self.queue._receive = self.checked_receive

    @rule(group=st.sampled_from("ab"), count=st.integers(1, 4))
    def send(self, group: str, count: int) -> None:
        payloads = range(len(self.groups), len(self.groups) + count)
        self.queue.send(*payloads, **({"group": group} if self.fifo else {}))
        for payload in payloads:
            self.groups[payload] = group
            self.receives[payload] = 0
            self.hidden_until[payload] = self.now + self.delay * 1000

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        self.queue.clock.advance(seconds)

    @precondition(lambda self: self.queue.visible)
    @rule(outcome=OUTCOMES, fault=FAULTS)
    def poll(self, outcome: Outcome, fault: Fault | None) -> None:
        self.outcome = outcome
        self.queue.poll(fault=fault)
        self.outcome = GOOD

    @invariant()
    def nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        queue = self.queue
        found = [*queue.deleted, *queue.dead_letters, *queue.visible, *queue.in_flight, *queue.delayed]
        assert sorted(found) == list(self.groups)

    @invariant()
    def what_is_deleted_was_answered_for(self) -> None:
        answered = {
            payload
            for delivery in self.queue.history
            if delivery.error is None and delivery.fault in (None, Fault.LATE)
            for payload in set(delivery.payloads) - set(delivery.failed)
        }
        assert answered.issuperset(self.queue.deleted)

    @invariant()
    def dead_letters_were_received_as_often_as_they_may_be(self) -> None:
        assert all(self.receives[payload] == self.max_receive_count for payload in self.queue.dead_letters)

    def teardown(self) -> None:
        if hasattr(self, "queue"):
            self.outcome = GOOD
            self.queue.drain()
            assert sorted([*self.queue.deleted, *self.queue.dead_letters]) == list(self.groups)
            if self.max_receive_count is None:
                assert self.queue.dead_letters == []

    @property
    def now(self) -> int:
        milliseconds: int = self.queue.clock.milliseconds
        return milliseconds

    def handle(self, event: Any, context: Any) -> object:
        outcome, records = self.outcome, event["Records"]
        self.outcome = GOOD  # for what is delivered meanwhile, or before a late answer
        failed = [record for place, record in enumerate(records) if place in outcome.fails]
        if outcome.hide is not None:
            for record in failed:
                self.queue.change_visibility(record["receiptHandle"], outcome.hide)
                self.hidden_until[payload_of(record)] = self.now + outcome.hide * 1000
        if outcome.meanwhile:
            self.queue.poll()
        context.advance(outcome.seconds)
        if outcome.raises:
            raise ValueError
        return failures(*failed)

    def checked_receive(self) -> Any:
        """Receive, and see that each message may be received, and comes with the right count."""
        now = self.now
        in_flight = {group for payload, group in self.groups.items() if self.is_in_flight(payload)}
        batch = self.receive()
        if batch is None:
            return None
        payloads = [record.payload for record in batch.records]
        assert 1 <= len(payloads) <= self.batch_size
        assert len(set(payloads)) == len(payloads)
        for record in batch.records:
            assert self.hidden_until[record.payload] <= now
            self.receives[record.payload] += 1
            self.hidden_until[record.payload] = now + VISIBILITY * 1000
            assert record.raw["attributes"]["ApproximateReceiveCount"] == str(self.receives[record.payload])
        if self.fifo:
            gone = {*self.queue.deleted, *self.queue.dead_letters}
            for group in {self.groups[payload] for payload in payloads}:
                assert group not in in_flight
                mine = [payload for payload in payloads if self.groups[payload] == group]
                held = [payload for payload in self.groups if self.groups[payload] == group and payload not in gone]
                assert mine == held[: len(mine)]
        return batch

    def is_in_flight(self, payload: int) -> bool:
        gone = payload in self.queue.deleted or payload in self.queue.dead_letters
        return not gone and self.receives[payload] > 0 and self.hidden_until[payload] > self.now


class FifoQueueMachine(QueueMachine):
    """The same, and the order of groups."""

    fifo = True


TestQueue = QueueMachine.TestCase
TestFifoQueue = FifoQueueMachine.TestCase
TestQueue.settings = TestFifoQueue.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@settings(deadline=None)
@given(
    groups=st.lists(st.sampled_from("abc"), max_size=20),
    poison=st.frozensets(st.integers(0, 19), max_size=4),
    faults=st.lists(FAULTS, max_size=6),
    batch_size=st.integers(1, 10),
)
def test_with_sqs_batch_everything_is_processed_or_a_dead_letter_and_the_first_time_in_order(
    groups: list[str], poison: frozenset[int], faults: list[Fault | None], batch_size: int
) -> None:
    processed: list[int] = []

    @sqs_batch(on_all_failed="report")
    def handler(record: dict[str, Any], context: Any) -> None:
        if payload_of(record) in poison:
            raise ValueError
        processed.append(payload_of(record))

    queue = FakeFifoQueue(handler, faults=faults, batch_size=batch_size, max_receive_count=4)
    for number, group in enumerate(groups):
        queue.send(number, group=group)
    queue.drain()
    first_times = list(dict.fromkeys(processed))
    assert set(first_times) | set(queue.dead_letters) == set(range(len(groups)))
    assert {*queue.deleted, *queue.dead_letters} == set(range(len(groups)))
    assert len(queue.deleted) + len(queue.dead_letters) == len(groups)
    for group in "abc":
        mine = [number for number in first_times if groups[number] == group]
        assert mine == sorted(mine)


@given(
    poison=st.frozensets(st.integers(0, 19), max_size=4),
    faults=st.lists(FAULTS, max_size=10),
    fifo=st.booleans(),
)
def test_one_plan_gives_one_history(poison: frozenset[int], faults: list[Fault | None], fifo: bool) -> None:
    def run() -> list[object]:
        def handler(event: Any, context: Any) -> object:
            context.advance(3)
            return failures(*(record for record in event["Records"] if payload_of(record) in poison))

        make: Any = FakeFifoQueue if fifo else FakeQueue
        queue = make(handler, faults=faults, max_receive_count=3, batch_size=4)
        queue.send(*range(20))
        queue.drain()
        return [
            (each.payloads, each.failed, each.event, each.answer, each.fault, each.at, each.request_id)
            for each in queue.history
        ]

    assert run() == run()
