"""Lines for people, in a terminal."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import bind, log, logged
from lambdakit.logging import _terminal
from lambdakit.testing import FakeContext

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError


@contextmanager
def terminal() -> Iterator[list[str]]:
    """Standard output is a terminal; afterwards, the one item is what it showed."""
    ours, theirs = os.openpty()
    shown: list[str] = []
    _terminal._renderer.cache_clear()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "w", encoding="utf-8") as stream, redirect_stdout(stream):
            yield shown
        text = b""
        try:
            while chunk := screen.read(65536):
                text += chunk
        except OSError:  # how Linux says that all has been read
            pass
        shown.append(text.decode().replace("\r\n", "\n"))
    _terminal._renderer.cache_clear()


@pytest.fixture(autouse=True)
def no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def test_a_line_is_readable_and_leaves_out_what_stays_the_same() -> None:
    @logged(service="orders")
    def handler(event: Any, context: Any) -> None:
        bind(order=7)
        log.info("charging", total=12.5, who="Zoë")

    with terminal() as shown:
        handler({}, FakeContext())
    assert re.fullmatch(r"\d\d:\d\d:\d\d \[info     \] charging +order=7 total=12.5 who=Zoë\n", shown[0])


def test_a_line_has_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    with terminal() as shown:
        log.critical("x")
    assert "\x1b[" in shown[0]


def test_an_error_is_shown_as_a_traceback() -> None:
    def charge() -> None:
        card = "4111" * 2
        raise ValueError(len(card))

    with terminal() as shown:
        try:
            charge()
        except ValueError:
            log.exception("failed")
    assert "Traceback (most recent call last):" in shown[0]
    assert "ValueError: 8" in shown[0]
    assert "41114111" not in shown[0]


def test_nothing_that_is_logged_can_fail() -> None:
    anything: Any = log
    with terminal() as shown:
        anything.info("x", bad=Hostile(), half="\ud800", timestamp="own", level=1, message="m", event="e")
    for part in ("Hostile that cannot be shown", "\\ud800", "timestamp_=own", "level_=1", "message_=m", "event=e"):
        assert part in shown[0]


@pytest.mark.parametrize(("name", "value"), [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_RUNTIME_API", "x")])
def test_lambda_and_those_who_ask_for_it_get_json_in_a_terminal_too(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with terminal() as shown:
        log.info("x")
    assert shown[0].startswith('{"timestamp":')
