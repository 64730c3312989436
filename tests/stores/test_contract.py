"""The suite that every store has to pass, over every store, on real servers.

`make races` runs the races for longer: RACE_ROUNDS says how many rounds of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from lambdakit.stores import MemoryStore
from lambdakit.testing import StoreContract
from tests.stores.processes import ROUNDS, Kind, Place, new_place, stores_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdakit.stores import Store

PlaceOf: TypeAlias = "Callable[[Kind], Place]"


@pytest.fixture(scope="module")
def place_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PlaceOf:
    """One place for all tests of a class: their keys are their own."""
    places: dict[Kind, Place] = {}

    def place_of(kind: Kind) -> Place:
        if kind not in places:
            places[kind] = new_place(kind, request, tmp_path_factory.mktemp(kind))
        return places[kind]

    return place_of


class SharedStoreContract(StoreContract):
    """For stores whose records are shared by store objects, and by processes."""

    rounds = ROUNDS
    short = 0.05
    kind: Kind

    @pytest.fixture
    def new_store(self, place_of: PlaceOf) -> Iterator[Callable[[], Store]]:
        with stores_at(place_of(self.kind)) as new_store:
            yield new_store

    @pytest.fixture
    def store(self, new_store: Callable[[], Store]) -> Store:
        return new_store()


class TestMemoryStore(StoreContract):
    rounds = ROUNDS
    short = 0.05

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSQLiteStore(SharedStoreContract):
    kind = "sqlite"


class TestRedisStore(SharedStoreContract):
    kind = "redis"


class TestPostgresStore(SharedStoreContract):
    kind = "postgres"


class TestDynamoDBStoreOnDynalite(SharedStoreContract):
    kind = "dynalite"


class TestDynamoDBStoreOnMoto(SharedStoreContract):
    kind = "moto"
    racers = 10  # it answers one request at a time
