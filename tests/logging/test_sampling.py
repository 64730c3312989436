"""Debug lines of a share of the invocations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import OptionError, log, logged, sqs_batch
from lambdakit.logging import _settings
from lambdakit.testing import FakeContext
from tests.logging.conftest import calling

if TYPE_CHECKING:
    from lambdakit.testing import Events
    from tests.conftest import AsKind
    from tests.logging.conftest import Lines


def both(event: Any, context: Any) -> None:
    """A handler that writes two lines."""
    log.debug("debug")
    log.info("info")


def test_a_sampled_invocation_writes_from_debug_on_and_says_so(as_kind: AsKind, lines: Lines) -> None:
    logged(sample_debug=1)(as_kind(both))({}, None)
    assert [(line["message"], line["debug_sampled"]) for line in lines()] == [("debug", True), ("info", True)]


def test_the_others_do_not_and_say_so(as_kind: AsKind, lines: Lines) -> None:
    logged(sample_debug=0.0)(as_kind(both))({}, None)
    assert [(line["message"], line["debug_sampled"]) for line in lines()] == [("info", False)]


def test_without_sampling_nothing_is_said_of_it(as_kind: AsKind, lines: Lines) -> None:
    logged(as_kind(both))({}, None)
    assert ["debug_sampled" in line for line in lines()] == [False]


def test_it_is_decided_once_for_each_invocation(
    as_kind: AsKind, lines: Lines, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [bytes([draw, 0, 0, 0]) for draw in (63, 64, 255, 0)]
    monkeypatch.setattr(_settings, "urandom", lambda size: drawn.pop(0))
    handler = logged(sample_debug=0.25)(sqs_batch(as_kind(both)))
    for _ in range(4):
        handler(events.sqs("a", "b"), FakeContext())
    found = [(line["message"], line["debug_sampled"]) for line in lines()]
    yes, no = [("debug", True), ("info", True)], [("info", False)]
    assert found == [*yes, *yes, *no, *no, *no, *no, *yes, *yes]


def test_an_inner_application_keeps_the_decision(lines: Lines) -> None:
    logged(sample_debug=1)(logged(service="inner")(both))({}, None)
    assert [(line["message"], line["debug_sampled"]) for line in lines()] == [("debug", True), ("info", True)]


def test_a_level_that_is_lower_anyhow_stays(lines: Lines) -> None:
    logged(level="TRACE", sample_debug=1)(calling(lambda: log.log(5, "trace")))({}, None)
    assert [line["message"] for line in lines()] == ["trace"]


def test_what_is_sampled_is_not_kept_back(lines: Lines) -> None:
    logged(sample_debug=1, buffer="DEBUG")(both)({}, None)
    assert [line["message"] for line in lines()] == ["debug", "info"]


@pytest.mark.parametrize("share", [-0.1, 1.1, "1", True, float("nan")])
def test_a_wrong_share_is_an_error_at_import(share: Any) -> None:
    with pytest.raises(OptionError, match="sample_debug: expected a share of the invocations, from 0 to 1; got"):
        logged(sample_debug=share)
