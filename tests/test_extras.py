"""Optional dependencies that are not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lambdakit import MissingExtraError
from lambdakit._extras import check_installed, extra


def test_a_missing_package_is_told_with_the_command_that_installs_it() -> None:
    with (
        pytest.raises(MissingExtraError, match=r"RedisStore needs nowhere_at_all: pip install 'lambdakit\[redis\]'"),
        extra("redis", needed_by="RedisStore"),
    ):
        import nowhere_at_all  # type: ignore[import-not-found]  # noqa: F401


def test_it_is_an_import_error_too() -> None:
    assert issubclass(MissingExtraError, ImportError)


def test_an_error_inside_a_package_that_is_there_comes_through() -> None:
    with pytest.raises(ZeroDivisionError), extra("redis", needed_by="RedisStore"):
        raise ZeroDivisionError


def test_nothing_happens_where_all_is_there() -> None:
    with extra("redis", needed_by="RedisStore"):
        import json  # noqa: F401


def test_a_package_that_is_not_there_is_missed_without_loading_one_that_is() -> None:
    code = (
        "import sys\n"
        "from lambdakit._extras import check_installed\n"
        "check_installed('colorsys', extra_name='redis', needed_by='RedisStore')\n"
        "assert 'colorsys' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    with pytest.raises(MissingExtraError, match=r"RedisStore needs nowhere_at_all: pip install 'lambdakit\[redis\]'"):
        check_installed("nowhere_at_all", extra_name="redis", needed_by="RedisStore")
