"""The promises that every idempotency store has to keep, one test for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ._claims import Claims
from ._endings import Endings
from ._race import Race
from ._races import Races
from ._trial import Trial
from ._values import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdakit.idempotency._store import Store

__all__ = ["StoreContract"]


class StoreContract(Races, Values, Endings, Claims):  # pytest collects from the last to the first
    """The suite of tests that every store has to pass: derive a class from it, with a fixture `store`.

    Each test is one promise of `lambdakit.stores.Store`. A failure says what the promise is, what was expected, what
    came, and which steps led there. The tests claim keys of their own, so the store need not be empty.

    Attributes:
        racers: How many steps are taken at once where many are: each has a thread. At least 4.
        rounds: How often each race is run. Few are enough to see a store that is not atomic at all; for a gap of
            microseconds, try hundreds.
        short: Seconds of the locks and of the expiries that are waited out: at least twice what your store's clock
            ticks in. One that counts whole seconds needs 2.
        patience: Seconds that one thing which is waited for may take; only a store that is wrong takes so long.

    Limitations:
        What needs more than one process is not tried: a store that is shared has to be tried from several, too.
    """

    racers = 50
    rounds = 5
    short = 0.2
    patience = 30.0

    @pytest.fixture
    def store(self) -> Store:
        """The store under test: yours goes here."""
        msg = f"{type(self).__name__} needs a fixture `store` that gives the store under test"
        raise NotImplementedError(msg)

    @pytest.fixture
    def new_store(self, store: Store) -> Callable[[], Store]:
        """Gives one more store object over the same records, as another process would have it.

        By default it gives `store` itself. Override it for a store that is shared by processes.
        """
        return lambda: store

    @pytest.fixture
    def trial(self, request: pytest.FixtureRequest, store: Store, new_store: Callable[[], Store]) -> Trial:
        """A key that nothing else uses."""
        promise = request.function.__doc__ or request.function.__name__
        return Trial(store, promise=promise, new_store=new_store, short=self.short, patience=self.patience)

    @pytest.fixture
    def race(self) -> Iterator[Race]:
        """Runs steps at the same time."""
        race = Race(self.racers, patience=self.patience)
        yield race
        race.close()
