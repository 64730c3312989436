"""`SQLiteStore`, beyond what every store promises."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from lambdakit import ConfigurationError
from lambdakit.stores import SQLiteStore, sqlite

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a" * 32, "b" * 32


def claim(store: SQLiteStore, owner: str, key: str = "k") -> bool:
    return store.claim(key, owner, fingerprint="f", lock=60, expires_after=60) is None


def test_nothing_is_opened_before_the_first_step(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "records.db")
    assert not (tmp_path / "records.db").exists()
    assert repr(store) == f"SQLiteStore({str(tmp_path / 'records.db')!r})"
    assert claim(store, A)
    assert (tmp_path / "records.db").exists()


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_it_needs_a_file(path: str) -> None:
    with pytest.raises(ConfigurationError, match="for memory there is MemoryStore"):
        SQLiteStore(path)


def test_it_needs_a_directory_that_exists(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"the directory .*missing does not exist"):
        SQLiteStore(tmp_path / "missing" / "records.db")


def test_what_one_process_claims_another_sees(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    assert claim(SQLiteStore(path), A)
    code = (
        "import sys; from lambdakit.stores import SQLiteStore\n"
        "found = SQLiteStore(sys.argv[1]).claim('k', 'b' * 32, fingerprint='', lock=60, expires_after=60)\n"
        "print(found.owner)"
    )
    output = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True).stdout
    assert output.strip() == A


def test_after_a_fork_each_process_has_a_connection_of_its_own(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "records.db")
    assert claim(store, A)
    connection = store._connection
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        fresh = claim(store, B, "another") and not claim(store, B) and store._connection is not connection
        os._exit(0 if fresh else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not claim(store, B)


def test_it_works_again_after_it_was_closed(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "records.db")
    assert claim(store, A)
    store.close()
    store.close()
    assert not claim(store, B)


def test_a_step_that_fails_leaves_no_transaction_open(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    store = SQLiteStore(path)
    assert claim(store, A)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("ALTER TABLE lambdakit_idempotency RENAME TO elsewhere")
    with pytest.raises(sqlite3.OperationalError):
        claim(store, B)
    other.execute("ALTER TABLE elsewhere RENAME TO lambdakit_idempotency")
    other.close()
    assert not claim(store, B)


def test_expired_records_make_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(sqlite, "_SWEEP_EVERY", 10)
    store = SQLiteStore(tmp_path / "records.db")
    for number in range(50):
        now[0] += 1
        assert claim(store, A, f"k{number}")
        assert store.complete(f"k{number}", A, "1", expires_after=5)
    (count,) = store._open().execute("SELECT count(*) FROM lambdakit_idempotency").fetchone()
    assert count < 20


def test_a_transaction_that_is_rolled_back_lets_others_write(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "records.db")
    assert claim(store, A)
    transaction = store.begin()
    transaction.roll_back()
    transaction.roll_back()
    assert store.complete("k", A, "1", expires_after=60)


def _race(path: str, start: multiprocessing.synchronize.Event, outcomes: multiprocessing.SimpleQueue[bool]) -> None:
    store = SQLiteStore(path)
    start.wait()
    for number in range(20):
        outcomes.put(claim(store, f"{os.getpid():032x}", f"k{number}"))
    store.close()


def test_of_several_processes_one_wins_each_key(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Event()
    outcomes: multiprocessing.SimpleQueue[bool] = spawn.SimpleQueue()
    racers = [spawn.Process(target=_race, args=(str(tmp_path / "r.db"), start, outcomes)) for _ in range(4)]
    for racer in racers:
        racer.start()
    start.set()
    won = sum(outcomes.get() for _ in range(4 * 20))
    for racer in racers:
        racer.join()
        racer.close()
    assert won == 20


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    for number in range(20):
        together, errors = threading.Barrier(6), list[Exception]()
        stores = [SQLiteStore(tmp_path / f"{number}.db") for _ in range(6)]

        def use(store: SQLiteStore, together: threading.Barrier = together, errors: list[Exception] = errors) -> None:
            together.wait()
            try:
                store.find("k")
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=use, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []


def test_it_waits_for_who_holds_a_new_file(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "r.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("CREATE TABLE theirs (id TEXT)")
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(claim(SQLiteStore(tmp_path / "r.db"), A)))
    thread.start()
    while thread.is_alive() and holder.in_transaction:
        thread.join(0.05)
        holder.execute("COMMIT")
    thread.join()
    holder.close()
    assert found == [True]
