"""Stores that break one promise each, to try what is to find such stores."""

from __future__ import annotations

from tests.testing.broken_stores import claiming, ending, finding, keeping, racing
from tests.testing.broken_stores.sound import Sound

__all__ = ["claiming", "ending", "every_store", "finding", "keeping", "racing"]


def every_store(of: type[Sound] = Sound) -> list[type[Sound]]:
    """The sound one, and all that break something."""
    return [of, *(store for child in of.__subclasses__() for store in every_store(child))]
