"""With `backoff` and `not_retryable`, on moto's SQS server: whatever fails, and how often, nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdakit import sqs_batch
from tests.batch.sqs_mapping import Queue, deliver

if TYPE_CHECKING:
    from tests.batch.conftest import Sqs

SETTINGS: dict[str, Any] = {
    "max_examples": 25,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],  # queues are made anew for each example
}


class NoSenseError(Exception):
    """What trying again does not cure."""


@dataclass
class Fate:
    """What becomes of a message: it fails some times, and then something else."""

    group: str
    failures: int
    then: Literal["comes off", "makes no sense"]
    starts: int = 0

    @property
    def error(self) -> Exception | None:
        """Of the next start."""
        self.starts += 1
        if self.starts <= self.failures:
            return ValueError()
        return NoSenseError() if self.then == "makes no sense" else None


@dataclass(frozen=True)
class Options:
    plain: bool
    concurrency: int
    batch_size: int
    max_receive_count: int
    backoff: float | None
    """A bound, or exactly 0 seconds; None: the visibility timeout of the queue."""
    lost: frozenset[int]
    """The deliveries after which the poller is gone, before it deletes anything."""


FATES = st.lists(
    st.builds(
        Fate,
        group=st.sampled_from("abc"),
        failures=st.integers(0, 4),
        then=st.sampled_from(["comes off", "makes no sense"]),
    ),
    min_size=1,
    max_size=8,
)
LOST = st.frozensets(st.integers(0, 5), max_size=2)


def options(*, backoff: st.SearchStrategy[float | None], lost: st.SearchStrategy[frozenset[int]]) -> Any:
    return st.builds(
        Options,
        plain=st.booleans(),
        concurrency=st.integers(1, 3),
        batch_size=st.integers(1, 10),
        max_receive_count=st.integers(1, 4),
        backoff=backoff,
        lost=lost,
    )


BACKOFFS = st.sampled_from([0.0, 10.0, None])


class Run:
    """Sends messages, and delivers until the queue is empty.

    Attributes:
        processed: The numbers of the messages that came off, in that order.
        dead: The numbers of those in the dead-letter queue.
    """

    def __init__(self, sqs: Sqs, fates: list[Fate], chosen: Options, *, fifo: bool) -> None:
        self.processed: list[int] = []
        self._fates = fates
        dead_letters = Queue(sqs.client, fifo=fifo)
        queue = Queue(sqs.client, fifo=fifo, dead_letters=dead_letters, max_receive_count=chosen.max_receive_count)
        for number, fate in enumerate(fates):
            queue.send(str(number), **({"MessageGroupId": fate.group} if fifo else {}))
        handler = sqs_batch(
            concurrency=chosen.concurrency,
            backoff=(lambda _: 0.0) if chosen.backoff == 0 else chosen.backoff,
            not_retryable=(NoSenseError,),
            dead_letter_queue=dead_letters.url,
            on_all_failed="report",
        )(self._plain if chosen.plain else self._awaited)
        deliveries = 0
        while queue.size:
            assert deliveries < 200, "it never ends"
            deliver(queue, handler, batch_size=chosen.batch_size, deletes=deliveries not in chosen.lost)
            deliveries += 1
            if chosen.backoff != 0 or chosen.lost:
                sqs.clock.advance(200)  # more than any wait
        self.dead = [int(body) for body in dead_letters.receive_bodies()]
        queue.remove()
        dead_letters.remove()

    def _plain(self, message: dict[str, Any], context: object) -> None:
        number = int(message["body"])
        if error := self._fates[number].error:
            raise error
        self.processed.append(number)

    async def _awaited(self, message: dict[str, Any], context: object) -> None:
        await asyncio.sleep(0)
        self._plain(message, context)


@settings(**SETTINGS)
@given(fates=FATES, chosen=options(backoff=BACKOFFS, lost=st.just(frozenset())))
def test_in_a_standard_queue_each_message_is_processed_once_or_is_one_dead_letter(
    sqs: Sqs, fates: list[Fate], chosen: Options
) -> None:
    run = Run(sqs, fates, chosen, fifo=False)
    comes_off = {
        number
        for number, fate in enumerate(fates)
        if fate.then == "comes off" and fate.failures < chosen.max_receive_count
    }
    assert sorted(run.processed) == sorted(comes_off)
    assert sorted(run.dead) == sorted(set(range(len(fates))) - comes_off)


@settings(**SETTINGS)
@given(fates=FATES, chosen=options(backoff=BACKOFFS, lost=LOST), fifo=st.booleans())
def test_whatever_answers_get_lost_each_message_is_processed_or_a_dead_letter(
    sqs: Sqs, fates: list[Fate], chosen: Options, *, fifo: bool
) -> None:
    run = Run(sqs, fates, chosen, fifo=fifo)
    assert {*run.processed, *run.dead} == set(range(len(fates)))


# Every wait is 0 here: when several messages of a group time out, moto delivers the first one last.
@settings(**SETTINGS)
@given(fates=FATES, chosen=options(backoff=st.just(0.0), lost=st.just(frozenset())))
def test_in_fifo_each_message_is_processed_in_the_order_of_its_group_or_a_dead_letter(
    sqs: Sqs, fates: list[Fate], chosen: Options
) -> None:
    run = Run(sqs, fates, chosen, fifo=True)
    assert sorted([*run.processed, *run.dead]) == list(range(len(fates)))
    for group in "abc":
        of_group = [number for number in run.processed if fates[number].group == group]
        assert of_group == sorted(of_group)
