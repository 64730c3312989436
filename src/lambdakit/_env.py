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


def namespace() -> str | None:
    """The namespace of metrics in CloudWatch."""
    return environ.get("LAMBDAKIT_NAMESPACE")


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


def tracer() -> str | None:
    """The backend that spans are sent to, as the user asked for it."""
    return environ.get("LAMBDAKIT_TRACER") or None


def otel_is_set_up() -> bool:
    """Whether the variables of OpenTelemetry say where spans are to be sent."""
    return bool(otel_exporters()) or otlp_endpoint_is_set()


def otel_is_disabled() -> bool:
    """Whether OpenTelemetry's own switch is off, or no spans are to be sent by it."""
    disabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return disabled or environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none"


def otel_exporters() -> list[str]:
    """`otlp`, `console`: where OpenTelemetry is to send spans; nothing, if it is not said."""
    asked = environ.get("OTEL_TRACES_EXPORTER", "")
    return [name.strip().lower() for name in asked.split(",") if name.strip()]


def otlp_endpoint_is_set() -> bool:
    """Whether the address of an OTLP receiver was given."""
    return bool(environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def otlp_timeout_is_set() -> bool:
    """Whether it was said how long a request with spans may take."""
    return bool(environ.get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") or environ.get("OTEL_EXPORTER_OTLP_TIMEOUT"))


def otel_export_seconds() -> float | None:
    """How long the export of spans may take, in seconds; the variable has milliseconds. None if it is not said."""
    milliseconds = _positive(environ.get("OTEL_BSP_EXPORT_TIMEOUT"), 0)
    return milliseconds / 1000 if milliseconds else None


def otlp_protocol() -> str:
    """How OTLP is to be sent; lambdakit knows `http/protobuf` only."""
    asked = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    return asked or "http/protobuf"


def otel_propagators() -> list[str]:
    """How OpenTelemetry is to read and write the headers that tell the trace."""
    return [name.strip() for name in environ.get("OTEL_PROPAGATORS", "tracecontext,baggage").split(",")]


def span_limits() -> tuple[int, int]:
    """Of spans that wait to be sent: how many are kept at the most, and how many are sent at a time."""
    most = _positive(environ.get("OTEL_BSP_MAX_QUEUE_SIZE"), 2048)
    return most, min(most, _positive(environ.get("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), 512))


def xray_daemon_address() -> str | None:
    """`127.0.0.1:2000`, or `tcp:127.0.0.1:2000 udp:127.0.0.1:2000`: where the X-Ray daemon listens."""
    return environ.get("AWS_XRAY_DAEMON_ADDRESS") or None


def region() -> str | None:
    """The AWS region that the function runs in."""
    return environ.get("AWS_REGION")


def log_group_name() -> str | None:
    """The CloudWatch log group of the function."""
    return environ.get("AWS_LAMBDA_LOG_GROUP_NAME")


def log_stream_name() -> str | None:
    """The CloudWatch log stream of this sandbox; not known before a snapshot is restored."""
    return environ.get("AWS_LAMBDA_LOG_STREAM_NAME")


def _positive(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() and int(text) > 0 else default


def idempotency_is_off() -> bool:
    """Whether `idempotent` is to do nothing: in tests."""
    return environ.get("LAMBDAKIT_IDEMPOTENCY", "").lower() == "off"


def early_clients() -> bool:
    """Whether lazy values are made at import, wherever this runs."""
    return environ.get("LAMBDAKIT_EARLY_CLIENTS", "").lower() in ("1", "true", "on", "yes")
