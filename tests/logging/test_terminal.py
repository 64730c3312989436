"""Lines for people, in a terminal."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import bind, log, logged
from lambdakit.logging import _terminal
from lambdakit.testing import FakeContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Standard output is a terminal; gives what was written to it."""
    ours, theirs = os.openpty()
    _terminal._renderer.cache_clear()

    def read() -> str:
        return os.read(ours, 65536).decode().replace("\r\n", "\n")

    with open(theirs, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield read
    os.close(ours)
    _terminal._renderer.cache_clear()


def test_a_line_is_readable_and_leaves_out_what_stays_the_same(
    screen: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    @logged(service="orders")
    def handler(event: Any, context: Any) -> None:
        bind(order=7)
        log.info("charging", total=12.5, who="Zoë")

    handler({}, FakeContext())
    assert re.fullmatch(r"\d\d:\d\d:\d\d \[info     \] charging +order=7 total=12.5 who=Zoë\n", screen())


def test_a_line_has_colours(screen: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    log.critical("x")
    assert "\x1b[" in screen()


def test_an_error_is_shown_as_a_traceback(screen: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    try:
        secret = "4111 1111"
        raise ValueError(len(secret))
    except ValueError:
        log.exception("failed")
    text = screen()
    assert "Traceback (most recent call last):" in text
    assert "ValueError: 9" in text
    assert "4111" not in text.replace('secret = "4111 1111"', "")


def test_nothing_that_is_logged_can_fail(screen: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    anything: Any = log
    anything.info("x", bad=Hostile(), half="\ud800", timestamp="own", level=1, message="m", event="e")
    text = screen()
    for part in ("Hostile that cannot be shown", "\\ud800", "timestamp_=own", "level_=1", "message_=m", "event=e"):
        assert part in text


@pytest.mark.parametrize(("name", "value"), [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_RUNTIME_API", "x")])
def test_lambda_and_those_who_ask_for_it_get_json_in_a_terminal_too(
    screen: Callable[[], str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    log.info("x")
    assert screen().startswith('{"timestamp":')
