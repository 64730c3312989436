"""FakeStream: shards, checkpoints, retries, and what is given up."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from lambdakit.errors import EncodeError, OptionError
from lambdakit.testing import events
from lambdakit.testing.sources import FakeStream, Fault
from tests.testing.sources.handlers import Handler, Recorder, failing, failures, payload_of, raising

KEYS = "abcdefgh"


def raises_on(*poison: object, calls: list[list[Any]]) -> Handler:
    """Raises when the batch has one of these; remembers the payloads of each call."""

    def handler(event: Any, context: Any) -> None:
        calls.append([payload_of(record) for record in event["Records"]])
        if any(payload in poison for payload in calls[-1]):
            raise ValueError

    return handler


class TestDelivery:
    def test_a_batch_has_at_most_so_many_records_in_order(self) -> None:
        stream = FakeStream(handler := Recorder(), batch_size=2)
        numbers = stream.send(1, 2, 3)
        stream.drain()
        assert handler.calls == [[1, 2], [3]]
        assert stream.processed == [1, 2, 3]
        assert stream.checkpoints == [numbers[-1]]

    def test_a_record_is_awss_own(self) -> None:
        stream = FakeStream(Recorder(), stream="orders")
        stream.clock.advance(5)
        (number,) = stream.send(events.kinesis_record({"id": 1}, partition_key="k"))
        stream.drain()
        expected = events.kinesis(
            events.kinesis_record({"id": 1}, partition_key="k", sequence_number=number), stream="orders"
        )
        expected["Records"][0]["kinesis"]["approximateArrivalTimestamp"] += 5
        assert stream.history[0].event == expected

    def test_a_key_has_a_shard_and_a_batch_is_of_one_shard(self) -> None:
        stream = FakeStream(handler := Recorder(), shards=3)
        for number in range(4):
            for key in KEYS:
                stream.send(f"{key}{number}", partition_key=key)
        stream.drain()
        assert 1 < len(handler.calls) <= 3
        shards = [{record["eventID"].split(":")[0] for record in each.event["Records"]} for each in stream.history]
        assert all(len(shard) == 1 for shard in shards)
        for key in KEYS:
            (call,) = [call for call in handler.calls if f"{key}0" in call]
            assert [payload for payload in call if payload[0] == key] == [f"{key}{number}" for number in range(4)]

    def test_shards_share_the_hash_keys_evenly_as_kinesis_does(self) -> None:
        # MD5("a") is 0cc1..., MD5("b") 92eb..., MD5("c") 4a8a..., MD5("d") 8277...
        stream = FakeStream(Recorder(), shards=2)
        for key in "abcd":
            stream.send(key, partition_key=key)
        assert stream.waiting == ["a", "c", "b", "d"]


class TestPartialAnswer:
    def test_all_from_the_lowest_reported_one_on_comes_again(self) -> None:
        stream = FakeStream(handler := Recorder(4, 2), maximum_retry_attempts=1)
        numbers = stream.send(1, 2, 3, 4, 5)
        stream.poll()
        assert handler.calls == [[1, 2, 3, 4, 5]]
        assert (stream.processed, stream.waiting) == ([1], [2, 3, 4, 5])
        assert stream.checkpoints == [numbers[0]]
        stream.drain()
        assert handler.calls == [[1, 2, 3, 4, 5], [2, 3, 4, 5]]
        assert (stream.processed, stream.discarded) == ([1], [2, 3, 4, 5])

    def test_the_lowest_is_the_lowest_number_and_not_the_first_text(self) -> None:
        stream = FakeStream(Recorder(2, 3))
        stream.send(
            *(events.kinesis_record(n, sequence_number=digits) for n, digits in [(1, "8"), (2, "9"), (3, "10")])
        )
        stream.poll()
        assert (stream.processed, stream.waiting, stream.checkpoints) == ([1], [2, 3], ["8"])

    def test_new_records_wait_for_what_failed(self) -> None:
        fails = [True, True, False, False]
        calls: list[list[int]] = []

        def handler(event: Any, context: Any) -> object:
            calls.append([payload_of(record) for record in event["Records"]])
            return failures(event["Records"][-1]) if fails.pop(0) else None

        stream = FakeStream(handler)
        stream.send(1, 2)
        stream.poll()
        stream.send(3)
        stream.drain()
        assert calls == [[1, 2], [2], [2], [3]]

    def test_retries_start_anew_when_a_part_came_off(self) -> None:
        fails = {1: 2, 2: 2, 3: 3}
        calls: list[list[int]] = []

        def handler(event: Any, context: Any) -> object:
            calls.append([payload_of(record) for record in event["Records"]])
            for record in event["Records"]:
                if fails[payload_of(record)]:
                    fails[payload_of(record)] -= 1
                    return failures(record)
            return None

        stream = FakeStream(handler, maximum_retry_attempts=2)
        stream.send(1, 2, 3)
        stream.drain()
        assert calls == [[1, 2, 3]] * 3 + [[2, 3]] * 2 + [[3]] * 2
        assert (stream.processed, stream.discarded) == ([1, 2], [3])


class TestRetries:
    def test_by_default_a_batch_comes_again_for_ever(self) -> None:
        stream = FakeStream(raising(ValueError()))
        stream.send(1, 2)
        for _ in range(50):
            stream.poll()
            stream.clock.advance(60)
        assert len(stream.history) == 50
        assert all(delivery.payloads == (1, 2) for delivery in stream.history)
        assert stream.checkpoints == [None]

    @pytest.mark.parametrize("attempts", [0, 1, 3])
    def test_after_the_last_attempt_the_batch_is_discarded_and_the_shard_goes_on(self, attempts: int) -> None:
        calls: list[list[int]] = []
        stream = FakeStream(raises_on(2, calls=calls), maximum_retry_attempts=attempts, batch_size=2)
        numbers = stream.send(1, 2, 3)
        stream.drain()
        assert calls == [[1, 2]] * (attempts + 1) + [[3]]
        assert (stream.discarded, stream.processed) == ([1, 2], [3])
        assert stream.checkpoints == [numbers[-1]]

    def test_a_crash_counts_as_an_attempt(self) -> None:
        stream = FakeStream(Recorder(), maximum_retry_attempts=1, faults=[Fault.CRASH_AFTER, Fault.TIMEOUT])
        stream.send(1)
        stream.drain()
        assert stream.discarded == [1]

    def test_the_time_between_them_grows_up_to_a_minute(self) -> None:
        stream = FakeStream(raising(ValueError()), maximum_retry_attempts=8)
        stream.send(1)
        stream.drain()
        times = [delivery.at for delivery in stream.history]
        waits = [(after - before).total_seconds() for before, after in pairwise(times)]
        assert waits == [1, 2, 4, 8, 16, 32, 60, 60]

    def test_the_time_is_short_again_after_a_success(self) -> None:
        fails = iter([True, True, False, True, False])
        stream = FakeStream(lambda event, context: failures(event["Records"][0]) if next(fails) else None, batch_size=1)
        stream.send(1, 2)
        stream.drain()
        times = [delivery.at for delivery in stream.history]
        assert [(after - before).total_seconds() for before, after in pairwise(times)] == [1, 2, 0, 1]

    def test_a_failing_shard_does_not_hold_others_up(self) -> None:
        calls: list[list[Any]] = []
        stream = FakeStream(raises_on("a", calls=calls), shards=2)
        stream.send("a", partition_key="a")
        stream.send("b", partition_key="b")
        stream.poll()
        stream.poll()
        assert calls == [["a"], ["b"]]
        assert stream.poll() is None
        stream.send("b2", partition_key="b")
        stream.poll()
        assert calls == [["a"], ["b"], ["b2"]]
        assert stream.checkpoints[0] is None
        assert stream.waiting == ["a"]


class TestBisect:
    def test_a_failed_batch_comes_in_halves_until_the_bad_record_is_alone(self) -> None:
        calls: list[list[int]] = []
        stream = FakeStream(raises_on(3, calls=calls), bisect_on_error=True, maximum_retry_attempts=1)
        stream.send(1, 2, 3, 4, 5)
        stream.drain()
        assert calls == [[1, 2, 3, 4, 5], [1, 2], [3, 4, 5], [3], [3], [4, 5]]
        assert (stream.processed, stream.discarded) == ([1, 2, 4, 5], [3])

    def test_to_split_uses_up_no_retry(self) -> None:
        calls: list[list[int]] = []
        stream = FakeStream(raises_on(1, calls=calls), bisect_on_error=True, maximum_retry_attempts=0)
        stream.send(1, 2, 3, 4)
        stream.drain()
        assert calls == [[1, 2, 3, 4], [1, 2], [1], [2], [3, 4]]
        assert (stream.processed, stream.discarded) == ([2, 3, 4], [1])

    def test_a_partial_answer_splits_at_the_number_that_it_names(self) -> None:
        stream = FakeStream(handler := Recorder(3), bisect_on_error=True, maximum_retry_attempts=0)
        stream.send(1, 2, 3, 4)
        stream.drain()
        # 3 is the first of [3, 4]: nothing came off, so there is nothing to split at, and it comes in halves.
        assert handler.calls == [[1, 2, 3, 4], [3, 4], [3], [4]]
        assert (stream.processed, stream.discarded) == ([1, 2, 4], [3])

    def test_what_is_left_of_a_half_comes_before_the_other_half(self) -> None:
        def handler(event: Any, context: Any) -> object:
            if len(event["Records"]) == 6:
                raise ValueError
            return failures(*(record for record in event["Records"] if payload_of(record) == 3))

        stream = FakeStream(handler, bisect_on_error=True, maximum_retry_attempts=0)
        stream.send(*range(1, 7))
        stream.drain()
        assert [each.payloads for each in stream.history] == [(1, 2, 3, 4, 5, 6), (1, 2, 3), (3,), (4, 5, 6)]


class TestMaximumAge:
    def test_what_is_older_is_discarded_and_not_sent(self) -> None:
        stream = FakeStream(handler := Recorder(), maximum_record_age=60)
        stream.send(1)
        stream.clock.advance(30)
        stream.send(2)
        stream.clock.advance(30.001)
        stream.drain()
        assert handler.calls == [[2]]
        assert (stream.discarded, stream.processed) == ([1], [2])

    def test_a_bad_record_holds_its_shard_up_for_no_longer(self) -> None:
        calls: list[list[int]] = []
        stream = FakeStream(raises_on(1, calls=calls), maximum_record_age=60, batch_size=1)
        start = stream.clock.now
        stream.send(1)
        stream.poll()
        stream.clock.advance(50)
        stream.send(2)
        stream.drain()
        assert (stream.discarded, stream.processed) == ([1], [2])
        assert timedelta(seconds=60) < stream.clock.now - start < timedelta(seconds=120)

    def test_when_all_is_too_old_nothing_is_left(self) -> None:
        stream = FakeStream(handler := Recorder(), maximum_record_age=60, batch_size=1)
        numbers = stream.send(1, 2, 3)
        stream.clock.advance(61)
        assert stream.poll() is None
        assert (handler.calls, stream.discarded, stream.checkpoints) == ([], [1, 2, 3], [numbers[-1]])


class TestAnotherPoller:
    def test_a_shard_has_one_batch_under_way(self) -> None:
        polled: list[object] = []

        def handler(event: Any, context: Any) -> None:
            polled.append(stream.poll())
            assert stream.waiting == [1, 2, 3]
            stream.drain()

        stream = FakeStream(handler, batch_size=2)
        stream.send(1, 2, 3)
        stream.poll()
        assert polled == [None]
        assert (stream.processed, stream.waiting) == ([1, 2], [3])


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"shards": 0}, "shards: expected 1 to 10,000"),
            ({"batch_size": 10_001}, "batch_size: expected 1 to 10,000"),
            ({"maximum_retry_attempts": -1}, "maximum_retry_attempts: expected 0 to 10,000"),
            ({"maximum_record_age": 59}, "maximum_record_age: expected 60 to 604800 seconds"),
            ({"stream": "arn:aws:sqs:us-east-1:123456789012:orders"}, "stream: expected a name or an ARN"),
        ],
    )
    def test_what_aws_does_not_have_is_an_error_at_once(self, options: dict[str, Any], problem: str) -> None:
        with pytest.raises(OptionError, match=problem):
            FakeStream(failing(), **options)

    def test_a_record_that_cannot_be_sent_is_an_error_and_nothing_is_sent(self) -> None:
        stream = FakeStream(failing())
        stream.send(events.kinesis_record("first", sequence_number="10"))
        for number in ("9", "10", "eleven"):
            with pytest.raises(OptionError, match="sequence_number: expected digits, and more than 11"):
                stream.send(events.kinesis_record("good", sequence_number="11"), _numbered(number))
        with pytest.raises(EncodeError):
            stream.send("good", object())
        assert stream.waiting == ["first"]

    def test_bytes_are_the_data_as_they_are(self) -> None:
        stream = FakeStream(lambda event, context: None)
        stream.send(b"\xff\x00")
        stream.drain()
        assert stream.history[0].event["Records"][0]["kinesis"]["data"] == b64encode(b"\xff\x00").decode()
        assert stream.processed == [b"\xff\x00"]


def test_its_repr_counts() -> None:
    stream = FakeStream(Recorder(2), stream="orders")
    stream.send(1, 2)
    stream.poll()
    assert repr(stream) == "<FakeStream orders: 1 waiting, 1 processed, 0 discarded>"


def _numbered(number: str) -> object:
    return events.kinesis_record("bad", sequence_number=number)
