"""The environment of a Lambda function, made up on this machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lambdakit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RESERVED: Mapping[str, str] = {
    "_HANDLER": "handler",
    "_LAMBDA_TELEMETRY_LOG_FD": "",
    "_X_AMZN_TRACE_ID": "trace_id",
    "AWS_EXECUTION_ENV": "",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "memory",
    "AWS_LAMBDA_FUNCTION_NAME": "function_name",
    "AWS_LAMBDA_FUNCTION_VERSION": "function_version",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "initialization_type",
    "AWS_LAMBDA_LOG_FORMAT": "log_format",
    "AWS_LAMBDA_LOG_GROUP_NAME": "",
    "AWS_LAMBDA_LOG_LEVEL": "log_level",
    "AWS_LAMBDA_LOG_STREAM_NAME": "",
    "AWS_LAMBDA_MAX_CONCURRENCY": "",  # would make the runtime client start several processes
    "AWS_LAMBDA_RUNTIME_API": "",
    "LAMBDA_TASK_ROOT": "task_root",
    "TZ": "",
}
"""Variables that only the runtime sets, each with the option to use instead, if there is one."""

_INHERITED = ("PATH", "HOME", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


def function_environment(
    given: Mapping[str, str],
    *,
    handler: str,
    task_root: Path,
    memory: int,
    name: str,
    version: str,
    initialization_type: str,
    log_format: str,
    log_level: str | None,
) -> dict[str, str]:
    """The variables that Lambda sets, and the function's own.

    See "Defined runtime environment variables" in the AWS Lambda Developer Guide. Those that belong to one process
    (the Runtime API, the log stream) are missing.

    Raises:
        OptionError: One of `given` is `RESERVED`.
    """
    for reserved in given.keys() & RESERVED.keys():
        option = RESERVED[reserved]
        msg = f"environment: {reserved} is set by the runtime; {f'use {option}' if option else 'it cannot be changed'}"
        raise OptionError(msg)
    chosen = {key: os.environ[key] for key in _INHERITED if key in os.environ} | dict(given)
    region = chosen.get("AWS_REGION") or chosen.get("AWS_DEFAULT_REGION") or "us-east-1"
    return {
        "LANG": "en_US.UTF-8",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **chosen,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(task_root), chosen.get("PYTHONPATH")])),
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(task_root),
        "_HANDLER": handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization_type,
        "AWS_LAMBDA_LOG_FORMAT": log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        **({"AWS_LAMBDA_LOG_LEVEL": log_level} if log_level else {}),
    }
