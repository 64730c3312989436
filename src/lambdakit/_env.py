"""Every environment variable that lambdakit reads. Values are read when asked: tests and hooks may set them late."""

from __future__ import annotations

from os import environ


def in_lambda() -> bool:
    """Whether this process talks to a Lambda Runtime API: on AWS, under its emulator, or `lambdakit invoke`."""
    return "AWS_LAMBDA_RUNTIME_API" in environ


def initialization_type() -> str:
    """`on-demand`, `provisioned-concurrency`, `snap-start` or `lambda-managed-instances`."""
    return environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")


def function_name() -> str | None:
    """The name of the Lambda function."""
    return environ.get("AWS_LAMBDA_FUNCTION_NAME")


def function_version() -> str | None:
    """The version of the Lambda function, or `$LATEST`."""
    return environ.get("AWS_LAMBDA_FUNCTION_VERSION")


def function_memory_size() -> str | None:
    """The memory of the Lambda function in MiB."""
    return environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")


def service() -> str | None:
    """The name that logs, metrics and spans give to this service."""
    return environ.get("LAMBDAKIT_SERVICE") or environ.get("OTEL_SERVICE_NAME") or function_name()


def log_level() -> str | None:
    """The lowest level to log, as the user asked for it.

    Lambda's advanced logging controls (`AWS_LAMBDA_LOG_LEVEL`) are a separate matter: what is below that level
    would be dropped by the platform.
    """
    return environ.get("LAMBDAKIT_LOG_LEVEL") or environ.get("LOG_LEVEL")


def lambda_log_level() -> str | None:
    """The level below which Lambda itself drops lines; set by its advanced logging controls."""
    return environ.get("AWS_LAMBDA_LOG_LEVEL")


def lambda_log_format() -> str:
    """`JSON` or `Text`: the log format chosen in Lambda's advanced logging controls."""
    return environ.get("AWS_LAMBDA_LOG_FORMAT", "Text")


def trace_header() -> str | None:
    """The X-Ray trace header of the invocation under way; the runtime sets it anew each time."""
    return environ.get("_X_AMZN_TRACE_ID")


def no_color() -> bool:
    """Whether terminals are to show no colours: see no-color.org."""
    return bool(environ.get("NO_COLOR"))
