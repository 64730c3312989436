"""Lines with OpenTelemetry's names: the fields of its Logs Data Model, and attributes of its semantic conventions.

From version 1.54 of the specification ("Logs Data Model"), with the names in snake_case as in its protocol, and version
1.44 of the semantic conventions (service, FaaS, messaging, exceptions in logs).
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from ._errors import shown, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEVERITIES = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17, "FATAL": 21}
_RESOURCE = {"service": "service.name", "function_name": "faas.name", "function_version": "faas.version"}
_ATTRIBUTES = {
    "function_request_id": "faas.invocation_id",
    "cold_start": "faas.coldstart",
    "message_id": "messaging.message.id",
}
_FRAMES = 50
"""The innermost calls that a stack trace shows."""
_TRACE = ("trace_id", "span_id", "trace_flags")


def as_otel(
    moment: str, level: str, message: object, fields: Mapping[str, object], error: BaseException | None
) -> dict[str, object]:
    """The line; Lambda's own `timestamp` and `level` are in it, since its filter reads them.

    Args:
        moment: The time, in RFC 3339.
        level: Lambda's name of the level, which is OpenTelemetry's short name of the severity, too.
        message: What happened.
        fields: All others.
        error: What to tell as `exception.type`, `exception.message` and `exception.stacktrace`.
    """
    resource: dict[str, object] = {}
    attributes: dict[str, object] = {}
    line: dict[str, object] = {
        "timestamp": moment,
        "level": level,
        "severity_text": level,
        "severity_number": _SEVERITIES[level],
        "body": message,
    }
    for name, value in fields.items():
        if name in _RESOURCE:
            resource[_RESOURCE[name]] = value
        elif name == "function_memory_size" and isinstance(value, int):
            resource["faas.max_memory"] = value * 1024 * 1024
        elif name in _TRACE:
            line[name] = _trace_id(value) if name == "trace_id" else value
        elif name == "logger":
            line["instrumentation_scope"] = {"name": value}
        else:
            attributes[_ATTRIBUTES.get(name, name)] = value
    if error is not None:
        attributes.update(_of(error))
    return {**line, "resource": resource, "attributes": attributes}


def _of(error: BaseException) -> dict[str, object]:
    try:
        stack = "".join(traceback.TracebackException.from_exception(error, limit=-_FRAMES).format())
    except Exception:  # noqa: BLE001 - an exception is anyone's code
        stack = "".join(traceback.format_tb(error.__traceback__, limit=-_FRAMES))
    return {"exception.type": type_name(type(error)), "exception.message": shown(error), "exception.stacktrace": stack}


def _trace_id(trace_id: object) -> object:
    """X-Ray's `1-5759e988-bd862e3fe1be46a994272793` is 32 hexadecimal digits to OpenTelemetry."""
    if isinstance(trace_id, str) and len(trace_id) == 35 and trace_id.startswith("1-"):
        return trace_id[2:].replace("-", "")
    return trace_id
