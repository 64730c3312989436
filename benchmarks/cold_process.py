"""One cold start, in a process of its own: `python -I cold_process.py ROOT APP`, with the event on standard input.

AWS's runtime client is loaded before the clock starts, since every function has it. The clock stops when the first
event is answered. The last line on standard output says how long it took, and what the answer is.
"""

import json
import sys
from importlib import import_module
from time import perf_counter

import awslambdaric.bootstrap  # type: ignore[import-untyped]  # noqa: F401

root, app = sys.argv[1:]
sys.path.append(root)

from benchmarks import sandbox  # noqa: E402 - only now it can be found

event = json.load(sys.stdin)
context = sandbox.context()
module = f"benchmarks.apps.{app}"
import_module(module.rpartition(".")[0])

start = perf_counter()
answer = import_module(module).handler(event, context)
seconds = perf_counter() - start

print(json.dumps({"seconds": seconds, "answer": answer}))
