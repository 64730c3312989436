"""`prewarm`: everything made, and every connection opened, before somebody waits for it."""

from __future__ import annotations

import pytest

from lambdakit import OptionError, lazy, prewarm


async def coroutine() -> str:
    return "value"


def test_it_makes_all_and_warms_them() -> None:
    warmed: list[object] = []
    first, second = lazy(lambda: "first", warm=warmed.append), lazy(lambda: "second")
    prewarm()
    assert warmed == ["first"]
    assert "not made yet" not in repr(first) + repr(second)


def test_or_only_those_that_are_named() -> None:
    first, second = lazy(lambda: "first"), lazy(lambda: "second")
    prewarm(first)
    assert "not made yet" not in repr(first)
    assert "not made yet" in repr(second)


def test_what_fails_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    def fail(value: str) -> None:
        raise ConnectionError

    warmed: list[object] = []
    failing, other = lazy(lambda: "value", warm=fail), lazy(lambda: "other", warm=warmed.append)
    prewarm(failing, other)
    assert "could not be warmed; its first use tries again" in caplog.text
    assert warmed == ["other"]
    assert failing.upper() == "VALUE"


@pytest.mark.parametrize("target", [None, "s3", lazy(coroutine)])
def test_another_target_is_told(target: object) -> None:
    with pytest.raises(OptionError, match="prewarm takes what client"):
        prewarm(target)
