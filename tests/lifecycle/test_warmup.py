"""`warmup`: events that only keep a sandbox alive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import OptionError, lazy, prewarm, warmup

if TYPE_CHECKING:
    from tests.conftest import AsKind


@pytest.mark.parametrize("event", [{"warmup": True}, {"warmer": True}, {"source": "serverless-plugin-warmup"}])
def test_the_usual_warm_up_events_are_answered_early(as_kind: AsKind, event: object) -> None:
    @warmup
    @as_kind
    def handler(event: Any, context: Any) -> None:
        raise AssertionError

    assert handler(event, None) is None


@pytest.mark.parametrize(
    "event", [{"warmup": False}, {"warmup": "yes"}, {"source": "aws.events"}, {}, [], "warmup", None]
)
def test_other_events_are_the_handlers(as_kind: AsKind, event: object) -> None:
    @warmup(answer="warm")
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        return [event]

    assert handler(event, None) == [event]


def test_one_can_say_which_events_and_what_to_do_and_to_answer(as_kind: AsKind) -> None:
    made: list[str] = []

    @lazy
    def pool() -> str:
        made.append("pool")
        return "pool"

    @warmup(when=lambda event: event == "warm", run=prewarm, answer={"warm": True})
    @as_kind
    def handler(event: Any, context: Any) -> Any:
        return event

    assert handler("cold", None) == "cold"
    assert made == []
    assert handler("warm", None) == {"warm": True}
    assert made == ["pool"]
    assert pool.upper() == "POOL"


def test_an_error_of_what_is_done_then_comes_through(as_kind: AsKind) -> None:
    def fail() -> None:
        raise KeyError

    handler = warmup(run=fail)(as_kind(lambda event, context: None))
    with pytest.raises(KeyError):
        handler({"warmup": True}, None)


async def coroutine() -> None: ...


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"when": lambda: True}, r"when is called with \(event\); .* takes 0 positional arguments"),
        ({"when": {"warmup": True}}, r"when is called with \(event\)"),
        ({"run": lambda event: None}, r"run is called with \(\); .* takes 1 positional argument"),
        ({"run": coroutine}, r"run is called with \(\); .*coroutine.* is async, and must be plain"),
    ],
)
def test_wrong_use_is_told_at_import(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=rf"^@warmup \(.*test_warmup\.py, line \d+\): {problem}"):
        warmup(**options)
