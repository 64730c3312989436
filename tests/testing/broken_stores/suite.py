"""The suite that every store has to pass, over the sound store and all broken ones.

`test_store_contract.py` runs this file by itself, and looks at what failed. Time passes when the suite waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdakit.testing import StoreContract
from lambdakit.testing.store_contract import _races, _trial
from tests.testing.broken_stores import every_store
from tests.testing.broken_stores.racing import NotAtomic
from tests.testing.broken_stores.sound import Sound, clock

if TYPE_CHECKING:
    from collections.abc import Callable


class BrokenStoreContract(StoreContract):
    racers = 12
    rounds = 3
    broken: type[Sound]

    @pytest.fixture
    def store(self, monkeypatch: pytest.MonkeyPatch) -> Sound:
        for module in (_trial, _races):
            monkeypatch.setattr(module, "time", clock)
        return self.broken()

    @pytest.fixture
    def new_store(self, store: Sound) -> Callable[[], Sound]:
        return lambda: type(store)(store)


for store in every_store():
    rounds = 40 if issubclass(store, NotAtomic) else BrokenStoreContract.rounds  # so that none has all the luck
    members = {"broken": store, "rounds": rounds}
    globals()[f"Test{store.__name__}"] = type(f"Test{store.__name__}", (BrokenStoreContract,), members)
