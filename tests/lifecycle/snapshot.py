"""Two sandboxes of one snapshot: what `test_restored.py` runs. Prints what each has, as a line of JSON.

A fork stands for the snapshot: the same memory, twice. It is the C library's own, so that nothing of what Python does
for a child helps: `random` seeds itself anew there, and so do lambdakit's clients.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import random
import sys
import uuid
from typing import Any

import snapshot_restore_py  # type: ignore[import-untyped]

from lambdakit import after_restore, client, prewarm

dynamodb = client("dynamodb", endpoint_url=sys.argv[1])
hooks: list[float] = []
after_restore(lambda: hooks.append(random.random()))
prewarm(dynamodb)
dynamodb.list_tables(Limit=1)
random.seed(1)

registered: Any = snapshot_restore_py
for hook, arguments, options in reversed(registered.get_before_snapshot()):
    hook(*arguments, **options)
children = []
for number in (2, 3):
    if (child := ctypes.PyDLL(None).fork()) == 0:
        state = hashlib.sha256(repr(random.getstate()).encode()).hexdigest()
        if sys.argv[2] == "with hooks":
            for hook, arguments, options in registered.get_after_restore():
                hook(*arguments, **options)
        dynamodb.list_tables(Limit=number)
        told = {"before": state, "random": random.random(), "uuid": str(uuid.uuid4()), "hooks": hooks}
        os.write(1, json.dumps(told).encode() + b"\n")
        os._exit(0)
    children.append(child)
    os.waitpid(child, 0)
