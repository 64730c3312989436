"""`deadline`: the handler ends before Lambda ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import DeadlineError, DeadlineExceededError, OptionError, deadline
from lambdakit.testing import FakeContext
from tests.lifecycle.conftest import SOON, in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import AsKind

LONG = 60  # seconds: nobody waits so long


def sleeping(event: Any, context: Any) -> None:
    time.sleep(LONG)


def computing(event: Any, context: Any) -> None:
    while True:
        sum(range(1000))


def reading(event: Any, context: Any) -> None:
    silent, other = socket.socketpair()
    with silent, other:
        silent.settimeout(LONG)
        silent.recv(1)


def waiting_for_a_lock(event: Any, context: Any) -> None:
    held = threading.Lock()
    with held:
        held.acquire()


def waiting_for_an_event(event: Any, context: Any) -> None:
    threading.Event().wait()


def trying_again(event: Any, context: Any) -> None:
    while True:
        try:
            time.sleep(LONG)
        except Exception:
            pass


async def awaiting(event: Any, context: Any) -> None:
    await asyncio.sleep(LONG)


async def awaiting_a_socket(event: Any, context: Any) -> None:
    silent, other = socket.socketpair()
    with silent, other:
        silent.setblocking(False)
        await asyncio.get_running_loop().sock_recv(silent, 1)


async def awaiting_again(event: Any, context: Any) -> None:
    while True:
        try:
            await asyncio.sleep(LONG)
        except Exception:
            pass


async def awaiting_a_task_group(event: Any, context: Any) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(LONG))
        group.create_task(asyncio.sleep(LONG))


async def awaiting_in_a_longer_time_out(event: Any, context: Any) -> None:
    async with asyncio.timeout(LONG):
        await asyncio.sleep(LONG)


async def awaiting_a_thread(event: Any, context: Any) -> None:
    await asyncio.shield(asyncio.get_running_loop().create_future())


PLAIN = (sleeping, computing, reading, waiting_for_a_lock, waiting_for_an_event, trying_again)
ASYNC = (
    awaiting,
    awaiting_a_socket,
    awaiting_again,
    awaiting_a_task_group,
    awaiting_in_a_longer_time_out,
    awaiting_a_thread,
)


@pytest.mark.parametrize("function", [*PLAIN, *ASYNC])
def test_whatever_takes_too_long_is_interrupted(function: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(DeadlineExceededError, match=rf"{function.__name__} .* was interrupted 1.95 s before its time-"):
        in_time(function)({}, SOON)


@pytest.mark.parametrize("function", [sleeping, awaiting])
def test_the_error_is_an_ordinary_one_with_nothing_of_its_making(function: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(DeadlineExceededError) as raised:
        in_time(function)({}, SOON)
    assert isinstance(raised.value, TimeoutError)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_who_is_in_time_notices_nothing(as_kind: AsKind) -> None:
    @in_time
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        return event

    assert handler(5, SOON) == 5
    assert handler(None, SOON) is None


def test_errors_of_who_is_in_time_are_their_own(as_kind: AsKind) -> None:
    @in_time
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise event

    for error in (ValueError("mine"), TimeoutError("mine")):
        with pytest.raises(type(error), match="mine") as raised:
            handler(error, SOON)
        assert not isinstance(raised.value, DeadlineExceededError)


@pytest.mark.parametrize("function", [sleeping, awaiting])
def test_the_answer_takes_the_place_of_the_error(function: Callable[[Any, Any], Any]) -> None:
    def answer(event: Any) -> Any:
        return {"late": event}

    handler = deadline(margin=1.95, answer=answer)(function)
    assert handler({"id": 1}, SOON) == {"late": {"id": 1}}


def test_errors_of_the_answer_come_through(as_kind: AsKind) -> None:
    def answer(event: Any) -> None:
        raise KeyError

    handler = deadline(margin=60, answer=answer)(as_kind(sleeping))
    with pytest.raises(KeyError):
        handler({}, FakeContext())


def test_with_no_time_at_all_nothing_is_started(as_kind: AsKind) -> None:
    started: list[Any] = []

    @deadline(margin=2)
    @as_kind
    def handler(event: Any, context: Any) -> None:
        started.append(event)

    with pytest.raises(DeadlineExceededError, match="was not started, with 2 s or less left until its time-out"):
        handler({}, SOON)
    assert started == []


def test_without_a_time_limit_nothing_happens(as_kind: AsKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "setitimer", None)

    @deadline
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        return event

    assert handler(5, None) == 5


@pytest.mark.parametrize("function", [sleeping, awaiting])
@pytest.mark.parametrize(("outer", "inner"), [(1.95, 1.9), (1.9, 1.95)])
def test_of_two_deadlines_the_earlier_one_comes(
    function: Callable[[Any, Any], Any], outer: float, inner: float
) -> None:
    handler = deadline(margin=outer)(deadline(margin=inner)(function))
    with pytest.raises(DeadlineExceededError, match=r"was interrupted 1\.95 s before"):
        handler({}, SOON)


def test_the_later_of_two_holds_for_what_comes_after_the_earlier() -> None:
    asked = 0

    def answer(event: Any) -> None:
        nonlocal asked
        asked += 1
        time.sleep(LONG)

    handler = deadline(margin=1.95, answer=answer)(sleeping)
    with pytest.raises(DeadlineExceededError, match=r"was interrupted 1\.9 s before"):
        deadline(margin=1.9)(handler)({}, SOON)
    assert asked == 1


def test_finally_blocks_run(as_kind: AsKind) -> None:
    closed: list[str] = []

    @in_time
    def plain(event: Any, context: Any) -> None:
        try:
            time.sleep(LONG)
        finally:
            closed.append("plain")

    @in_time
    async def awaited(event: Any, context: Any) -> None:
        try:
            await asyncio.sleep(LONG)
        finally:
            await asyncio.sleep(0)
            closed.append("async")

    for handler in (plain, awaited):
        with pytest.raises(DeadlineExceededError):
            handler({}, SOON)
    assert closed == ["plain", "async"]


class Broken(Exception):
    """What users' code makes of everything."""


def test_an_error_that_was_made_of_the_interruption_is_its_cause() -> None:
    @in_time
    def plain(event: Any, context: Any) -> None:
        try:
            time.sleep(LONG)
        except BaseException as error:
            raise Broken from error

    @in_time
    async def awaited(event: Any, context: Any) -> None:
        try:
            await asyncio.sleep(LONG)
        except BaseException as error:
            raise Broken from error

    for handler in (plain, awaited):
        with pytest.raises(DeadlineExceededError) as raised:
            handler({}, SOON)
        assert isinstance(raised.value.__cause__, Broken)


def test_a_result_in_spite_of_the_interruption_counts() -> None:
    @in_time
    def plain(event: Any, context: Any) -> str:
        try:
            time.sleep(LONG)
        except BaseException:
            return "half of it"
        return "all"

    @in_time
    async def awaited(event: Any, context: Any) -> str:
        try:
            await asyncio.sleep(LONG)
        except BaseException:
            return "half of it"
        return "all"

    assert plain({}, SOON) == awaited({}, SOON) == "half of it"


def test_what_ends_the_process_comes_through(as_kind: AsKind) -> None:
    @in_time
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        handler({}, SOON)


def test_an_earlier_time_out_of_the_handlers_own_is_its_own() -> None:
    @deadline(margin=0)
    async def handler(event: Any, context: Any) -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(LONG)
        except TimeoutError:
            return "mine"
        return "none"

    assert handler({}, FakeContext()) == "mine"


def test_a_cancellation_from_outside_comes_through() -> None:
    @deadline
    async def handler(event: Any, context: Any) -> None:
        await asyncio.sleep(LONG)

    async def main() -> None:
        task = asyncio.create_task(handler.acall({}, FakeContext()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_generator_under_way_is_closed() -> None:
    closed: list[bool] = []

    def pages() -> Iterator[int]:
        try:
            while True:
                yield 1
                time.sleep(LONG)
        finally:
            closed.append(True)

    @in_time
    def handler(event: Any, context: Any) -> int:
        return sum(pages())

    with pytest.raises(DeadlineExceededError):
        handler({}, SOON)
    assert closed == [True]


def test_one_invocation_after_the_other_is_interrupted() -> None:
    handler = in_time(sleeping)
    for _ in range(3):
        with pytest.raises(DeadlineExceededError):
            handler({}, SOON)


def test_off_the_main_thread_a_plain_handler_is_told_and_an_async_one_works() -> None:
    caught: list[Exception] = []

    def call(function: Callable[[Any, Any], Any]) -> None:
        try:
            in_time(function)({}, SOON)
        except Exception as error:
            caught.append(error)

    for function in (sleeping, awaiting):
        thread = threading.Thread(target=call, args=(function,))
        thread.start()
        thread.join()
    assert isinstance(caught[0], DeadlineError)
    assert "and this is another thread" in str(caught[0])
    assert isinstance(caught[1], DeadlineExceededError)


def test_a_signal_in_use_is_told() -> None:
    def somebody(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGALRM, somebody)
    try:
        with pytest.raises(
            DeadlineError, match=r"needs the signal SIGALRM, and something else uses it: <function .*some"
        ):
            in_time(sleeping)({}, SOON)
    finally:
        signal.signal(signal.SIGALRM, before)


def two(event: Any, context: Any) -> None: ...


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"margin": -1}, "margin is 0 seconds or more, not -1"),
        ({"margin": True}, "margin is 0 seconds or more, not True"),
        ({"margin": "1"}, "margin is 0 seconds or more, not '1'"),
        ({"margin": float("nan")}, "margin is 0 seconds or more, not nan"),
        ({"margin": float("inf")}, "margin is 0 seconds or more, not inf"),
        ({"answer": {"statusCode": 503}}, "answer is a function of the event"),
        ({"answer": two}, "answer is a function of the event; .*two"),
        ({"answer": awaiting_again}, "answer is a function of the event"),
        ({"margins": 1}, "margins"),
    ],
)
def test_wrong_use_is_told_at_import(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        deadline(**options)
