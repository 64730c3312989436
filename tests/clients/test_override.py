"""`override`: something else in place of a lazy value, in tests."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import OptionError, client, lazy, lazy_import, override, prewarm

if TYPE_CHECKING:
    from lambdakit.testing import Override


def must_not_run() -> Any:
    raise AssertionError


def test_the_fake_is_used_and_the_value_is_not_made() -> None:
    pool = lazy(must_not_run)
    with override(pool, {"a": 1}):
        assert pool["a"] == 1
    assert repr(pool) == "<lazy must_not_run, not made yet>"


def test_blocks_may_be_nested_and_left_in_any_order() -> None:
    pool = lazy(lambda: "real")
    first, second = override(pool, "first"), override(pool, "second")
    first.__enter__()
    second.__enter__()
    assert pool.upper() == "SECOND"
    first.__exit__(None, None, None)
    assert pool.upper() == "SECOND"
    second.__exit__(None, None, None)
    assert pool.upper() == "REAL"


def test_it_holds_in_other_threads() -> None:
    pool = lazy(must_not_run)
    seen: list[str] = []
    with override(pool, "fake"):
        thread = threading.Thread(target=lambda: seen.append(pool.upper()))
        thread.start()
        thread.join()
    assert seen == ["FAKE"]


def test_it_holds_for_async_factories() -> None:
    async def make() -> str:
        raise AssertionError

    pool = lazy(make)

    async def main() -> str:
        with override(pool, "fake"):
            return await pool

    assert asyncio.run(main()) == "fake"


def test_it_holds_for_clients_and_modules() -> None:
    s3, module = client("s3", region="eu-west-1"), lazy_import("json")
    with override(s3, {"is": "fake"}), override(module, {"is": "fake"}):
        assert s3["is"] == "fake"
        assert module["is"] == "fake"  # type: ignore[index]


def test_a_fake_is_not_warmed() -> None:
    warmed: list[object] = []
    pool = lazy(must_not_run, warm=warmed.append)
    with override(pool, "fake"):
        prewarm(pool)
    assert warmed == []


@pytest.mark.parametrize("target", [None, "s3", object(), {}])
def test_another_target_is_told(target: object) -> None:
    with pytest.raises(OptionError, match="override takes what client"):
        override(target, "fake")


POOL = lazy(must_not_run)


def test_the_fixture_holds_until_the_end_of_the_test(override: Override) -> None:
    override(POOL, "fake")
    assert POOL.upper() == "FAKE"


def test_and_no_longer() -> None:
    with pytest.raises(AssertionError):
        POOL.upper()
