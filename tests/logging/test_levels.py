"""The lowest level that is written."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from lambdakit import log
from lambdakit.logging._levels import name_of, number_of, process_level

if TYPE_CHECKING:
    from tests.logging.conftest import Lines


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("TRACE", 5),
        ("debug", 10),
        ("Info", 20),
        ("WARN", 30),
        ("warning", 30),
        ("ERROR", 40),
        ("FATAL", 50),
        ("critical", 50),
        (" 15 ", 15),
        (0, 0),
        ("LOUD", None),
        ("", None),
        (None, None),
        (True, None),
        (1.5, None),
        (-1, None),
    ],
)
def test_levels_are_known_by_the_names_of_lambda_and_of_python(name: object, number: int | None) -> None:
    assert number_of(name) == number


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (-5, "TRACE"),
        (5, "TRACE"),
        (10, "DEBUG"),
        (20, "INFO"),
        (25, "INFO"),
        (30, "WARN"),
        (40, "ERROR"),
        (50, "FATAL"),
        (99, "FATAL"),
    ],
)
def test_a_level_has_the_name_that_lambda_knows(number: int, name: str) -> None:
    assert name_of(number) == name


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({}, logging.INFO),
        ({"LOG_LEVEL": "ERROR"}, logging.ERROR),
        ({"LOG_LEVEL": ""}, logging.INFO),
        ({"LOG_LEVEL": "ERROR", "LAMBDAKIT_LOG_LEVEL": "WARN"}, logging.WARNING),
        ({"AWS_LAMBDA_LOG_LEVEL": "DEBUG"}, logging.DEBUG),
        ({"AWS_LAMBDA_LOG_LEVEL": "TRACE"}, 5),
        ({"AWS_LAMBDA_LOG_LEVEL": "WARN", "LOG_LEVEL": "ERROR"}, logging.ERROR),
    ],
)
def test_the_level_comes_from_the_environment(
    variables: dict[str, str], level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert process_level() == level


def test_a_level_that_is_not_known_gives_a_warning_and_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "VERBOSE")
    assert process_level() == logging.INFO
    assert caplog.messages == [
        "the log level 'VERBOSE' is not known and not used: expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL"
    ]


def test_what_lambda_would_drop_is_not_written_and_a_warning_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "WARN")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert process_level() == logging.WARNING
    assert caplog.messages == [
        "logging from WARN and not from DEBUG: Lambda drops what is below the level of its advanced logging controls"
    ]


def test_the_level_is_decided_once(monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    log.debug("dropped")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    log.debug("dropped, too")
    assert lines() == []
