"""The alarm of a plain handler, at any moment: no result and no claim is lost, and nothing escapes its layer."""

from __future__ import annotations

import gc
import signal
import sys
import time
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import DeadlineExceededError, StoreError, deadline, idempotent
from lambdakit._interrupts import OutOfTime, undisturbed
from lambdakit.lifecycle import _alarm
from lambdakit.lifecycle._alarm import Alarm
from lambdakit.testing import FakeContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Self

    from tests.idempotency.conftest import WatchedStore

CONTEXT = FakeContext()

FINELY = {*_alarm._UNBREAKABLE, "lambdakit.idempotency._calls"}
"""Modules in which each operation of the interpreter is a moment of its own; elsewhere, each line is."""


def go_off(*alarms: Alarm) -> None:
    """The time of these alarms, or of all, has come: here and now."""
    for alarm in alarms or _alarm._set:
        alarm.at = 0.0
    signal.raise_signal(signal.SIGALRM)


class Moments:
    """Counts the lines that run, in all modules or in some, and lets the alarms go off at one of them and after it."""

    def __init__(self, number: float, *, impatient: bool) -> None:
        self._number = number
        self._impatient = impatient
        self._seen = 0
        self.passed = True

    def __enter__(self) -> Self:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename == __file__ and frame.f_code.co_name in ("__exit__", "go_off"):
            return None
        frame.f_trace_opcodes = frame.f_globals.get("__name__") in FINELY
        if event in ("line", "opcode") and _alarm._set:
            self._seen += 1
            if self._seen >= self._number:
                self.passed = False
                for alarm in _alarm._set:
                    alarm.at = 0.0
                    alarm._looks = 99 if self._impatient else 0
                _alarm._go_off(signal.SIGALRM, frame)
        return self._trace


@pytest.fixture
def _only_moments(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No real signal comes in between: it would be raised in the trace function.

    Nor does the garbage collector: Python ignores what is raised in its callbacks, and Hypothesis has one.
    """
    monkeypatch.setattr(_alarm, "_OVERDUE", 60)
    monkeypatch.setattr(_alarm, "_AGAIN", 60)
    gc.disable()
    yield
    gc.enable()


def at_every_moment(call: Callable[[], None], *, impatient: bool = False) -> int:
    """Call it with the alarm at its first moment, at its second, and so on to its end; give how many there were.

    Args:
        call: Called each time.
        impatient: Whether the alarms have waited through bad moments for long.
    """
    number = 0
    while True:
        number += 1
        moments = Moments(number, impatient=impatient)
        with moments:
            call()
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        assert _alarm._set == []
        if moments.passed:
            return number - 1


@pytest.mark.usefixtures("_only_moments")
def test_whenever_it_goes_off_there_is_the_result_or_the_error_and_a_claim_is_kept_or_released(
    store: WatchedStore,
) -> None:
    finished: list[int] = []

    @deadline(margin=0)
    @idempotent(store, key=lambda event: event)
    def handler(event: Any, context: Any) -> int:
        finished.append(event)
        return len(finished)

    outcomes = set[str]()
    events = iter(range(10**6))

    def call() -> None:
        event = next(events)
        before = len(store.steps)
        try:
            assert handler(event, CONTEXT) == len(finished)
            assert store.steps[before:] == ["claim", "complete"]
            outcomes.add("result")
        except DeadlineExceededError:
            outcomes.add(" ".join(store.steps[before:]))

    assert at_every_moment(call) > 100
    # In its key function; in the function itself; after the store knew that the function had ended.
    assert outcomes >= {"result", "", "claim release"}
    assert outcomes <= {"result", "", "claim release", "claim complete"}


@pytest.mark.usefixtures("_only_moments")
@pytest.mark.parametrize("impatient", [False, True])
def test_a_result_that_is_there_is_never_lost_and_no_interruption_escapes(impatient: bool) -> None:
    ended = [False]

    @deadline(margin=0)
    def handler(event: Any, context: Any) -> int:
        ended[0] = True
        return 1

    def call() -> None:
        ended[0] = False
        try:
            assert handler(5, CONTEXT) == 1
        except DeadlineExceededError:
            pass

    assert at_every_moment(call, impatient=impatient) > 20


def answer(event: Any) -> Any:
    return event


@pytest.mark.usefixtures("_only_moments")
@pytest.mark.parametrize("impatient", [False, True])
def test_nested_ones_never_escape_either(impatient: bool) -> None:
    @deadline(margin=0)
    @deadline(margin=0, answer=answer)
    @deadline(margin=0)
    def handler(event: Any, context: Any) -> Any:
        return event

    def call() -> None:
        try:
            assert handler(5, CONTEXT) == 5
        except DeadlineExceededError:
            pass

    assert at_every_moment(call, impatient=impatient) > 50


def test_at_the_very_end_of_the_block_it_is_too_late() -> None:
    with Alarm(60) as alarm:
        made = "result"
        alarm.at = 0.0
        _alarm._go_off(signal.SIGALRM, frame_in(alarm.__exit__))
    assert made == "result"


def frame_in(function: Any) -> FrameType:
    """Some frame in the module of a function."""
    found: list[FrameType] = []
    exec("found.append(sys._getframe())", {"found": found, "sys": sys, "__name__": function.__module__})
    return found[0]


@pytest.mark.usefixtures("_only_moments")
@pytest.mark.parametrize("module", ["logging", "threading", "lambdakit.batch._workers"])
def test_it_lets_code_that_holds_locks_go_on_but_not_for_ever(module: str) -> None:
    frame = frame_in(type("Somewhere", (), {"__module__": module}))
    with Alarm(60) as alarm:
        alarm.at = 0.0
        for _ in range(20):
            _alarm._go_off(signal.SIGALRM, frame)
        with pytest.raises(OutOfTime):
            _alarm._go_off(signal.SIGALRM, frame)


def test_what_is_raised_in_a_finalizer_would_be_lost_so_it_waits_for_its_end() -> None:
    class Closing:
        def __del__(self) -> None:
            go_off()

    reached: list[int] = []

    def close() -> None:
        closing = Closing()
        del closing
        reached.append(1)
        time.sleep(60)

    with pytest.raises(OutOfTime), Alarm(60):
        close()
    assert reached == [1]


def test_a_second_one_does_not_go_off_while_the_first_one_unwinds() -> None:
    unwound: list[str] = []

    def work(outer: Alarm) -> None:
        with Alarm(60) as inner:
            try:
                go_off(outer)
            finally:
                go_off(inner)
                unwound.append("inner")

    with pytest.raises(OutOfTime) as raised, Alarm(60) as outer:
        work(outer)
    assert raised.value is outer.reason
    assert unwound == ["inner"]


def test_the_outer_one_interrupts_the_unwinding_of_the_inner_one() -> None:
    def work(outer: Alarm, inner: Alarm) -> None:
        try:
            go_off(inner)
        finally:
            go_off(outer)

    with pytest.raises(OutOfTime) as raised, Alarm(60) as outer, Alarm(60) as inner:
        work(outer, inner)
    assert raised.value is outer.reason


def test_after_the_inner_one_the_outer_one_is_still_set() -> None:
    with Alarm(60):
        with pytest.raises(OutOfTime), Alarm(50):
            go_off(_alarm._set[-1])
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60


def test_it_may_come_early_by_the_difference_of_two_clocks() -> None:
    with Alarm(60):
        signal.raise_signal(signal.SIGALRM)
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60


def test_a_signal_that_comes_when_all_is_over_does_nothing() -> None:
    with Alarm(60):
        pass
    signal.raise_signal(signal.SIGALRM)


def test_an_undisturbed_block_gives_it_to_its_caller() -> None:
    with Alarm(60) as alarm:
        with undisturbed() as block:
            go_off()
            done = True
        assert block.interrupt is alarm.reason
        assert done
        go_off()  # it comes once


def test_of_two_the_outer_one_comes_out_of_an_undisturbed_block() -> None:
    with Alarm(60) as outer, Alarm(60) as inner, undisturbed() as block:
        go_off(inner)
        go_off(outer)
        go_off(inner)
    assert block.interrupt is outer.reason


def test_after_an_undisturbed_block_that_failed_it_goes_off_again() -> None:
    blocks: list[undisturbed] = []

    def step() -> None:
        with undisturbed() as block:
            blocks.append(block)
            go_off()
            raise KeyError

    def work() -> None:
        with pytest.raises(KeyError):
            step()
        time.sleep(60)

    with pytest.raises(OutOfTime), Alarm(60):
        work()
    assert blocks[0].interrupt is None


def test_what_came_in_an_undisturbed_block_around_the_alarm_is_forgotten_with_it() -> None:
    with undisturbed() as block, Alarm(60):
        go_off()
    assert block.interrupt is None


def test_a_store_that_fails_as_the_time_runs_out_does_not_make_the_handler_run_for_ever(store: WatchedStore) -> None:
    def fail(*_: object, **__: object) -> None:
        go_off()
        raise ConnectionError

    store.claim = fail  # type: ignore[method-assign]

    @deadline(margin=0)
    @idempotent(store, key=lambda event: event, on_store_error="run")
    def runs_anyway(event: Any, context: Any) -> None:
        time.sleep(60)

    @deadline(margin=0)
    @idempotent(store, key=lambda event: event)
    def raises(event: Any, context: Any) -> None:
        raise AssertionError

    with pytest.raises(DeadlineExceededError):
        runs_anyway(5, CONTEXT)
    with pytest.raises(StoreError):
        raises(5, CONTEXT)


def test_a_step_of_a_store_is_not_broken_off(store: WatchedStore) -> None:
    steps: list[str] = []
    inner_claim, inner_release = store.inner.claim, store.inner.release

    def claim(*arguments: Any, **options: Any) -> Any:
        go_off()
        steps.append("claimed")
        return inner_claim(*arguments, **options)

    def release(*arguments: Any, **options: Any) -> Any:
        go_off()
        steps.append("released")
        return inner_release(*arguments, **options)

    store.inner.claim, store.inner.release = claim, release  # type: ignore[method-assign]

    @deadline(margin=0)
    @idempotent(store, key=lambda event: event)
    def handler(event: Any, context: Any) -> None:
        raise AssertionError

    with pytest.raises(DeadlineExceededError):
        handler(5, CONTEXT)
    assert steps == ["claimed", "released"]
    assert store.inner.find(store.keys[0]) is None


def test_without_an_alarm_nothing_is_counted() -> None:
    with Moments(inf, impatient=False) as moments:
        pass
    assert moments.passed
