"""What all fake sources have in common: draining, the history, and what can be a handler."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lambdakit import HandlerError, RunningLoopError, sqs_batch
from lambdakit.testing.sources import (
    FakeDynamoDBStream,
    FakeFifoQueue,
    FakeKafka,
    FakeQueue,
    FakeStream,
    NotDrainedError,
)
from tests.testing.sources.handlers import Recorder, failing, raising

ALL = [FakeQueue, FakeFifoQueue, FakeStream, FakeKafka]


class TestDrain:
    @pytest.mark.parametrize("make", ALL)
    def test_it_says_what_to_do_when_something_always_comes_again(self, make: Any) -> None:
        source = make(failing(2))
        source.send(1, 2)
        with pytest.raises(NotDrainedError) as caught:
            source.drain(at_most=5)
        assert len(source.history) == 5
        message = str(caught.value)
        assert message.startswith(f"<{make.__name__} ")
        assert "has something left after 5 deliveries. Of the last one, its answer named failures" in message
        assert "max_receive_count=" in message or "maximum_retry_attempts= or maximum_record_age=" in message

    @pytest.mark.parametrize("make", ALL)
    def test_its_error_is_caused_by_the_handlers(self, make: Any) -> None:
        source = make(raising(error := ValueError("mine")))
        source.send(1)
        with pytest.raises(NotDrainedError, match="Of the last one, it ended in ValueError") as caught:
            source.drain(at_most=2)
        assert caught.value.__cause__ is error

    @pytest.mark.parametrize("make", ALL)
    def test_just_enough_is_enough(self, make: Any) -> None:
        source = make(Recorder(), batch_size=1)
        source.send(1, 2, 3)
        source.drain(at_most=3)
        assert source.poll() is None

    @pytest.mark.parametrize("at_most", [0, 2])
    def test_too_few_deliveries_are_told_from_failures(self, at_most: int) -> None:
        queue = FakeQueue(Recorder(), batch_size=1)
        queue.send(1, 2, 3)
        with pytest.raises(NotDrainedError, match=f"after {at_most} deliveries. Nothing failed in the last one"):
            queue.drain(at_most=at_most)

    def test_a_dead_letter_takes_no_delivery(self) -> None:
        queue = FakeQueue(failing(1), max_receive_count=2)
        queue.send(1)
        queue.drain(at_most=2)
        assert queue.dead_letters == [1]

    @pytest.mark.parametrize("make", ALL)
    def test_it_can_be_done_again(self, make: Any) -> None:
        source = make(handler := Recorder())
        for number in range(3):
            source.send(number)
            source.drain()
        assert handler.calls == [[0], [1], [2]]


class TestHandlers:
    @pytest.mark.parametrize("make", [*ALL, FakeDynamoDBStream])
    def test_a_bare_async_function_is_told_at_once(self, make: Any) -> None:
        async def handler(event: Any, context: Any) -> None: ...

        with pytest.raises(HandlerError, match=r"Lambda does not await .*handler"):
            make(handler)

    def test_what_takes_no_event_and_context_is_told_at_once(self) -> None:
        wrong: Any = lambda event: None  # noqa: E731
        with pytest.raises(HandlerError, match=r"takes 1 positional argument, not \(event, context\)"):
            FakeQueue(wrong)

    def test_an_async_handler_in_an_async_test_is_told_what_to_do(self) -> None:
        @sqs_batch
        async def handler(record: dict[str, Any], context: Any) -> None: ...

        async def test() -> None:
            queue = FakeQueue(handler)
            queue.send(1)
            with pytest.raises(RunningLoopError) as caught:
                queue.drain()
            assert "asyncio.to_thread(queue.drain)" in "".join(caught.value.__notes__)
            assert queue.in_flight == [1]
            await asyncio.to_thread(queue.drain)
            assert queue.deleted == [1]

        asyncio.run(test())


def test_a_delivery_tells_what_was_answered() -> None:
    queue = FakeQueue(lambda event, context: {"batchItemFailures": [], "more": (1, 2)})
    queue.send(1)
    queue.drain()
    (delivery,) = queue.history
    assert delivery.answer == {"batchItemFailures": [], "more": [1, 2]}
    assert (delivery.error, delivery.fault, delivery.failed) == (None, None, ())
