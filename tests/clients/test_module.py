"""`lazy_import`: modules that are imported at first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lambdakit import OptionError, lazy_import


def test_a_module_is_imported_at_first_use() -> None:
    code = (
        "import sys\n"
        "from lambdakit import lazy_import\n"
        "colours = lazy_import('colorsys')\n"
        "assert 'colorsys' not in sys.modules\n"
        "assert colours.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)\n"
        "assert 'colorsys' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_a_module_in_a_package() -> None:
    path = lazy_import("os.path")
    assert repr(path) == "<lazy module 'os.path', not made yet>"
    assert path.join("a", "b") == "a/b"


def test_early_it_is_imported_at_once() -> None:
    sys.modules.pop("colorsys", None)
    lazy_import("colorsys", early=True)
    assert "colorsys" in sys.modules


@pytest.mark.parametrize("name", ["pandsa", "pandsa.core", ""])
def test_a_package_that_is_not_there_is_told_at_import(name: str) -> None:
    with pytest.raises(OptionError, match=r"^@lazy_import \(.*\): there is no package '.*'; is it installed\?"):
        lazy_import(name)


def test_a_module_that_is_not_in_its_package_is_told_at_first_use() -> None:
    module = lazy_import("os.paht")
    with pytest.raises(ModuleNotFoundError):
        module.join  # noqa: B018
