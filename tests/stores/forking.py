"""What parent and child of a fork do with one store, each with connections of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdakit.stores import Store

_FORKING = """
import os, sys
from lambdakit import stores

store = getattr(stores, sys.argv[1])(sys.argv[2])

def claims(key):
    return store.claim(key, os.urandom(16).hex(), fingerprint="", lock=60, expires_after=60) is None

assert claims("before")
child = os.fork()
if not child:
    for number in range(50):
        assert claims(f"child-{number}")
    store.close()
    os._exit(0)
for number in range(50):
    assert claims(f"parent-{number}")
assert os.waitpid(child, 0)[1] == 0
assert claims("after")
store.close()
"""


def claim_around_a_fork(store: Store, address: str) -> None:
    """Claim keys in a process and in its child, through one store of the same kind; all must be there afterwards."""
    kind = type(store).__name__
    subprocess.run([sys.executable, "-W", "error", "-c", _FORKING, kind, address], check=True)
    keys = [f"{whose}-{number}" for whose in ("child", "parent") for number in range(50)]
    assert all(store.find(key) is not None for key in ["before", *keys, "after"])
