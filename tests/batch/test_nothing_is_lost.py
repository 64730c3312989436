"""The batch decorators, driven as AWS's mappings drive them: with failures, crashes, time-outs, and concurrency.

Whatever happens, every record is processed at least once, or ends where the source puts what it gave up; order holds
within a group or a partition key; and what came off alone is not reported as failed.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit import current, kafka_batch, kinesis_batch, sqs_batch
from lambdakit.testing.sources import FakeFifoQueue, FakeKafka, FakeQueue, FakeStream, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD, BAD, FLAKY, SLOW = "good", "bad", "flaky", "slow"

OUTCOMES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([GOOD, GOOD, BAD, FLAKY, SLOW])), max_size=8)
FAULTS = st.lists(st.sampled_from([None, None, *Fault]), max_size=4)
CONCURRENCY = st.integers(1, 3)
KINDS = st.sampled_from(["plain", "async"])


class Ledger:
    """Processes records that say how they end, and keeps what came of each, delivery by delivery."""

    def __init__(self, outcomes: list[tuple[str, str]]) -> None:
        self.outcomes = outcomes
        self.succeeded: set[int] = set()
        self.succeeded_in: dict[str, set[int]] = defaultdict(set)
        self.may_start: Callable[[int], bool] = lambda number: True
        self.overtook: list[int] = []
        self.source: Any = None
        self._tries: dict[int, int] = defaultdict(int)
        self._lock = threading.Lock()

    def handler(self, decorate: Any, kind: str) -> Any:
        def plain(record: Any, context: Any) -> None:
            self.process(_number_of(record))

        async def awaited(record: Any, context: Any) -> None:
            self.process(_number_of(record))

        return decorate(plain if kind == "plain" else awaited)

    def process(self, number: int) -> None:
        with self._lock:
            if not self.may_start(number):
                self.overtook.append(number)
            outcome = self.outcomes[number][1]
            self._tries[number] += 1
            if outcome == SLOW:
                self.source.clock.advance(9)
            if outcome == BAD or (outcome == FLAKY and self._tries[number] == 1):
                msg = f"{number} fails"
                raise ValueError(msg)
            self.succeeded.add(number)
            self.succeeded_in[current().request_id].add(number)

    def check_answers(self) -> None:
        """What came off in a delivery that was answered for is not among what it reported."""
        for delivery in self.source.history:
            if delivery.fault is None and delivery.error is None:
                assert self.succeeded_in[delivery.request_id].isdisjoint(delivery.failed)

    def earlier_of_same_key(self, number: int) -> set[int]:
        key = self.outcomes[number][0]
        return {other for other in range(number) if self.outcomes[other][0] == key}


def _number_of(record: Any) -> int:
    if "body" in record:
        return int(record["body"])
    data = record["kinesis"]["data"] if "kinesis" in record else record["value"]
    return int(json.loads(base64.b64decode(data)))


def in_order(*numbers: list[Any]) -> list[int]:
    return sorted(number for some in numbers for number in some)


@given(outcomes=OUTCOMES, faults=FAULTS, concurrency=CONCURRENCY, kind=KINDS)
def test_a_standard_queue_loses_nothing(
    outcomes: list[tuple[str, str]], faults: list[Fault | None], concurrency: int, kind: str
) -> None:
    ledger = Ledger(outcomes)
    handler = ledger.handler(sqs_batch(concurrency=concurrency), kind)
    queue = ledger.source = FakeQueue(handler, max_receive_count=4, batch_size=5, faults=faults)
    queue.send(*range(len(outcomes)))
    queue.drain()
    assert in_order(queue.deleted, queue.dead_letters) == list(range(len(outcomes)))
    assert ledger.succeeded.issuperset(queue.deleted)
    ledger.check_answers()
    if not faults:
        assert in_order(queue.dead_letters) == [n for n, (_, outcome) in enumerate(outcomes) if outcome == BAD]


@given(outcomes=OUTCOMES, faults=FAULTS, concurrency=CONCURRENCY, kind=KINDS, stop=st.booleans())
def test_a_fifo_queue_loses_nothing_and_its_groups_are_in_order(
    outcomes: list[tuple[str, str]], faults: list[Fault | None], concurrency: int, kind: str, stop: bool
) -> None:
    ledger = Ledger(outcomes)
    handler = ledger.handler(sqs_batch(concurrency=concurrency, on_failure="stop" if stop else "continue"), kind)
    queue = ledger.source = FakeFifoQueue(handler, max_receive_count=20, faults=faults)

    def may_start(number: int) -> bool:
        settled = {*queue.deleted, *queue.dead_letters, *ledger.succeeded_in[current().request_id]}
        return ledger.earlier_of_same_key(number) <= settled

    ledger.may_start = may_start
    for number, (group, _) in enumerate(outcomes):
        queue.send(number, group=group)
    queue.drain()
    assert in_order(queue.deleted, queue.dead_letters) == list(range(len(outcomes)))
    assert ledger.succeeded.issuperset(queue.deleted)
    assert ledger.overtook == []
    ledger.check_answers()


@given(outcomes=OUTCOMES, faults=FAULTS, concurrency=CONCURRENCY, kind=KINDS, bisect=st.booleans())
def test_a_stream_loses_nothing_and_its_keys_are_in_order(
    outcomes: list[tuple[str, str]], faults: list[Fault | None], concurrency: int, kind: str, bisect: bool
) -> None:
    ledger = Ledger(outcomes)
    handler = ledger.handler(kinesis_batch(concurrency=concurrency), kind)
    stream = ledger.source = FakeStream(
        handler, shards=2, maximum_retry_attempts=6, bisect_on_error=bisect, faults=faults
    )

    def may_start(number: int) -> bool:
        return ledger.earlier_of_same_key(number) <= {*ledger.succeeded, *stream.discarded}

    ledger.may_start = may_start
    for number, (key, _) in enumerate(outcomes):
        stream.send(number, partition_key=key)
    stream.drain()
    assert in_order(stream.processed, stream.discarded) == list(range(len(outcomes)))
    assert ledger.succeeded.issuperset(stream.processed)
    assert ledger.overtook == []


@given(outcomes=OUTCOMES, faults=FAULTS, concurrency=CONCURRENCY, kind=KINDS)
def test_kafka_loses_nothing_and_its_partitions_are_in_order(
    outcomes: list[tuple[str, str]], faults: list[Fault | None], concurrency: int, kind: str
) -> None:
    ledger = Ledger(outcomes)
    handler = ledger.handler(kafka_batch(concurrency=concurrency), kind)
    kafka = ledger.source = FakeKafka(handler, topics={"orders": 2}, maximum_retry_attempts=6, faults=faults)

    def may_start(number: int) -> bool:
        return ledger.earlier_of_same_key(number) <= {*ledger.succeeded, *kafka.discarded}

    ledger.may_start = may_start
    for number, (key, _) in enumerate(outcomes):
        kafka.send(number, partition="ab".index(key))
    kafka.drain()
    assert in_order(kafka.processed, kafka.discarded) == list(range(len(outcomes)))
    assert ledger.succeeded.issuperset(kafka.processed)
    assert ledger.overtook == []


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_user_tests_that_nothing_is_lost_in_five_lines(kind: str) -> None:
    handler = Ledger([("a", GOOD), ("a", BAD), ("a", GOOD)]).handler(sqs_batch, kind)
    queue = FakeQueue(handler, max_receive_count=3)
    queue.send(0, 1, 2)
    queue.drain()
    assert (queue.deleted, queue.dead_letters) == ([0, 2], [1])
