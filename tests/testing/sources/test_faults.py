"""What goes wrong between a source and the handler."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from lambdakit.errors import OptionError
from lambdakit.testing.sources import (
    FakeFifoQueue,
    FakeKafka,
    FakeQueue,
    FakeStream,
    Fault,
    SandboxCrash,
    SandboxTimeout,
)
from tests.testing.sources.handlers import Recorder, raising

REACHED = [
    pytest.param(Fault.CRASH_BEFORE, [], id="before"),
    pytest.param(Fault.CRASH_DURING, [[1, 2]], id="during"),
    pytest.param(Fault.CRASH_AFTER, [[1, 2, 3, 4, 5]], id="after"),
    pytest.param(Fault.TIMEOUT, [[1, 2]], id="timeout"),
]


@pytest.mark.parametrize(("fault", "calls"), REACHED)
def test_after_a_crash_the_whole_batch_comes_again_wherever_the_handler_got_to(
    fault: Fault, calls: list[list[int]]
) -> None:
    for source in (FakeQueue(handler := Recorder()), FakeFifoQueue(handler), FakeStream(handler), FakeKafka(handler)):
        handler.calls.clear()
        source.send(1, 2, 3, 4, 5)
        delivery = source.poll(fault=fault)
        assert handler.calls == calls
        assert delivery is not None
        assert delivery.fault is fault
        assert delivery.answer is None
        assert isinstance(delivery.error, SandboxCrash)
        assert delivery.payloads == delivery.failed == (1, 2, 3, 4, 5)
        assert len(delivery.event.get("Records", [*range(5)])) == 5
        source.drain(at_most=1)
        assert handler.calls == [*calls, [1, 2, 3, 4, 5]]


def test_a_batch_of_one_gets_nowhere_during_a_crash() -> None:
    queue = FakeQueue(handler := Recorder())
    queue.send(1)
    queue.poll(fault=Fault.CRASH_DURING)
    assert handler.calls == []
    assert queue.in_flight == [1]


def test_a_timeout_takes_all_the_time_that_the_function_has() -> None:
    queue = FakeQueue(lambda event, context: None, timeout=7)
    queue.send(1, 2)
    before = queue.clock.now
    delivery = queue.poll(fault=Fault.TIMEOUT)
    assert delivery is not None
    assert isinstance(delivery.error, SandboxTimeout)
    assert queue.clock.now - before == timedelta(seconds=7)


def test_what_the_handler_raises_is_told_before_the_fault() -> None:
    queue = FakeQueue(raising(error := ValueError("mine")))
    queue.send(1)
    delivery = queue.poll(fault=Fault.CRASH_AFTER)
    assert delivery is not None
    assert delivery.error is error


class TestLate:
    def test_the_messages_are_delivered_again_before_the_answer_comes(self) -> None:
        queue = FakeQueue(handler := Recorder(), visibility_timeout=30)
        queue.send(1, 2)
        delivery = queue.poll(fault=Fault.LATE)
        assert handler.calls == [[1, 2], [1, 2]]
        assert [each.fault for each in queue.history] == [Fault.LATE, None]
        assert delivery is queue.history[0]
        assert delivery.failed == ()
        assert queue.history[1].at - queue.history[0].at == timedelta(seconds=30)
        assert queue.deleted == [1, 2]

    @pytest.mark.parametrize("make", [FakeQueue, FakeFifoQueue])
    def test_it_deletes_nothing_that_was_received_again(self, make: Any) -> None:
        calls: list[int] = []

        def handler(event: Any, context: Any) -> None:
            calls.append(len(calls))
            if len(calls) == 2:
                raise ValueError

        queue = make(handler)
        queue.send("a")
        queue.poll(fault=Fault.LATE)
        assert queue.in_flight == ["a"]
        queue.drain()
        assert queue.deleted == ["a"]
        assert len(calls) == 3

    def test_it_finds_a_dead_letter_gone(self) -> None:
        queue = FakeQueue(Recorder(), max_receive_count=1)
        queue.send(1)
        queue.poll(fault=Fault.LATE)
        assert (queue.dead_letters, queue.deleted) == ([1], [])

    @pytest.mark.parametrize(("make", "deleted"), [(FakeQueue, ["a"]), (FakeFifoQueue, [])])
    def test_what_is_visible_again_and_was_not_received_is_deleted_unless_the_queue_is_fifo(
        self, make: Any, deleted: list[str]
    ) -> None:
        def handler(event: Any, context: Any) -> None:
            queue.change_visibility(event["Records"][0]["receiptHandle"], 1)
            context.advance(2)

        queue = make(handler)
        queue.send("a")
        queue.poll()
        assert queue.deleted == deleted

    @pytest.mark.parametrize("make", [FakeStream, FakeKafka])
    def test_to_a_stream_it_is_lost(self, make: Any) -> None:
        source = make(handler := Recorder())
        source.send(1, 2)
        delivery = source.poll(fault=Fault.LATE)
        assert handler.calls == [[1, 2]]
        assert delivery.failed == (1, 2)
        assert (source.waiting, source.processed) == ([1, 2], [])


class TestPlan:
    def test_it_has_one_fault_for_each_delivery(self) -> None:
        queue = FakeQueue(handler := Recorder(), faults=[Fault.CRASH_BEFORE, None, Fault.CRASH_AFTER], batch_size=1)
        queue.send(1, 2, 3)
        queue.drain()
        assert [delivery.fault for delivery in queue.history] == [
            Fault.CRASH_BEFORE,
            None,
            Fault.CRASH_AFTER,
            None,
            None,
        ]
        assert handler.calls == [[2], [3], [1], [3]]

    def test_a_poll_of_nothing_uses_none_up(self) -> None:
        queue = FakeQueue(Recorder(), faults=[Fault.CRASH_BEFORE])
        assert queue.poll() is None
        queue.send(1)
        queue.drain()
        assert queue.history[0].fault is Fault.CRASH_BEFORE

    def test_a_fault_given_to_poll_goes_before_it(self) -> None:
        queue = FakeQueue(Recorder(), faults=[Fault.CRASH_BEFORE], batch_size=1)
        queue.send(1, 2)
        queue.poll(fault=Fault.CRASH_AFTER)
        queue.poll()
        assert [delivery.fault for delivery in queue.history] == [Fault.CRASH_AFTER, Fault.CRASH_BEFORE]

    def test_it_may_have_no_end(self) -> None:
        queue = FakeQueue(Recorder(), faults=cycle([Fault.LATE]), max_receive_count=3)
        queue.send(1)
        queue.drain()
        assert queue.deleted == [1]

    def test_something_else_in_it_is_an_error_and_loses_nothing(self) -> None:
        plan: Any = ["crash"]
        stream = FakeStream(Recorder(), faults=plan)
        stream.send(1)
        with pytest.raises(OptionError, match="faults: expected a Fault or None for each delivery; got 'crash'"):
            stream.poll()
        stream.drain()
        assert stream.processed == [1]


class TestHandlersThatEndTheirProcess:
    @pytest.mark.parametrize("error", [SandboxCrash(), SystemExit(1), asyncio.CancelledError()])
    def test_the_batch_comes_again(self, error: BaseException) -> None:
        queue = FakeQueue(raising(error))
        queue.send(1)
        delivery = queue.poll()
        assert delivery is not None
        assert delivery.error is error
        assert queue.in_flight == [1]

    @pytest.mark.parametrize("make", [FakeQueue, FakeStream, FakeKafka])
    @pytest.mark.parametrize("error", [KeyboardInterrupt(), pytest.fail.Exception("on purpose")])
    def test_what_is_not_for_lambda_comes_through_and_loses_nothing(self, make: Any, error: BaseException) -> None:
        source = make(raising(error))
        source.send(1)
        with pytest.raises(type(error)):
            source.poll()
        assert source.history == []
        assert (source.in_flight if make is FakeQueue else source.waiting) == [1]

    def test_a_crash_at_a_point_of_ones_own_keeps_what_was_done_before(self) -> None:
        done: list[str] = []

        def handler(event: Any, context: Any) -> None:
            for record in event["Records"]:
                if record["body"] == "b" and record["attributes"]["ApproximateReceiveCount"] == "1":
                    raise SandboxCrash
                done.append(record["body"])

        queue = FakeQueue(handler)
        queue.send("a", "b", "c")
        queue.drain()
        assert done == ["a", "a", "b", "c"]
