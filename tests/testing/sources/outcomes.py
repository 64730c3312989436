"""What a handler does with a batch, drawn by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from lambdakit.testing.sources import Fault


@dataclass(frozen=True)
class Outcome:
    """How one delivery ends."""

    fails: frozenset[int]
    """Which places of the batch are reported, as far as it reaches."""
    raises: bool
    seconds: int
    """How long it takes; the function may run for 30."""
    hide: int | None
    """For how many seconds failed messages are hidden, in a queue; None: they are left alone."""
    meanwhile: bool
    """Whether another poller comes before the answer."""


OUTCOMES = st.builds(
    Outcome,
    fails=st.frozensets(st.integers(0, 5), max_size=3),
    raises=st.sampled_from([False, False, True]),
    seconds=st.sampled_from([0, 0, 5, 29, 31]),
    hide=st.sampled_from([None, None, 0, 5, 300]),
    meanwhile=st.sampled_from([False, False, True]),
)
FAULTS = st.sampled_from([None, None, None, None, *Fault])
SECONDS = st.sampled_from([0, 1, 10, 29, 30, 31, 61, 400])
GOOD = Outcome(fails=frozenset(), raises=False, seconds=0, hide=None, meanwhile=False)
