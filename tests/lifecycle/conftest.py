"""What tests of the deadline need: little time, and proof that nothing of it is left."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from lambdakit import deadline
from lambdakit.lifecycle import _alarm
from lambdakit.testing import FakeContext
from tests.idempotency.conftest import store

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["store"]

SOON = FakeContext(timeout=2)
"""Its time stands still: with the margin of `in_time`, the deadline comes after a twentieth of a second."""

in_time = deadline(margin=1.95)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert _alarm._set == []
