"""What lazy clients save, and what sharing a session does: `python -m benchmarks.clients [RUNS]`.

Each figure is the median of whole processes, in which AWS's runtime client is loaded, as in Lambda. They are started in
turns, so that what disturbs the machine for a while disturbs all alike. Requests are not sent.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from statistics import median

_PROCESS = """
import json, sys, time
import awslambdaric.bootstrap
began = time.perf_counter()
{init}
loaded = time.perf_counter()
{call}
print(json.dumps([loaded - began, time.perf_counter() - loaded]))
"""

_BY_HAND = "import boto3\ns3 = boto3.client('s3')"
_LAZY = "from lambdakit import client\ns3 = client('s3')"
_EARLY = "from lambdakit import client\ns3 = client('s3', early=True)"
_USE = "s3.meta.region_name"
_THREE = ("s3", "sqs", "dynamodb")

CASES = {
    "boto3 at import": (_BY_HAND, _USE),
    "client('s3'), used": (_LAZY, _USE),
    "client('s3'), not used": (_LAZY, ""),
    "client('s3', early=True)": (_EARLY, _USE),
    "three clients of one session": ("import boto3", f"for name in {_THREE}: boto3.client(name)"),
    "three clients, a session each": ("import boto3", f"for name in {_THREE}: boto3.session.Session().client(name)"),
}


def main(runs: int) -> None:
    """Measure, and print a table in Markdown."""
    variables = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    values: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
    for _ in range(runs):
        for case, (init, call) in CASES.items():
            code = _PROCESS.format(init=init, call=call)
            output = subprocess.run([sys.executable, "-c", code], env=variables, check=True, stdout=subprocess.PIPE)
            values[case].append(json.loads(output.stdout))
    versions = ", ".join(f"{name} {version(name)}" for name in ("boto3", "awslambdaric"))
    print(f"Medians of {runs} processes, Python {platform.python_version()}, {versions}, {os.cpu_count()} cores\n")
    print("| | INIT, ms | first invocation, ms |\n|---|---|---|")
    for case, pairs in values.items():
        init_ms, call_ms = (1000 * median(part) for part in zip(*pairs, strict=True))
        print(f"| {case} | {init_ms:.0f} | {call_ms:.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
