"""What one line says: of itself, of the invocation, and of what was bound."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from lambdakit import _env
from lambdakit._invocation import maybe_current
from lambdakit._log_context import bound_fields

from ._errors import error_as_data
from ._levels import process_level
from ._values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from lambdakit._invocation import Invocation

_OWN = frozenset({"timestamp", "level", "message"})
_OWN_AND_ERROR = _OWN | {"exception"}


class Scope(NamedTuple):
    """What `logged` settles for the lines of one invocation.

    Attributes:
        fields: What is the same in all of them.
        level: The lowest level that is written.
    """

    fields: Mapping[str, object]
    level: int


scope: ContextVar[Scope | None] = ContextVar("lambdakit_log_scope", default=None)


def lowest_level() -> int:
    """The lowest level that is written here."""
    around = scope.get()
    return process_level() if around is None else around.level


@cache
def process_fields() -> dict[str, object]:
    """What lines say of the function, from the environment: read once."""
    fields = {
        "service": _env.service(),
        "function_name": _env.function_name(),
        "function_version": _env.function_version(),
        "function_memory_size": _whole(_env.function_memory_size()),
    }
    return {name: value for name, value in fields.items() if value is not None}


def invocation_fields(
    invocation: Invocation | None, *, service: object = None, correlation_id: object = None
) -> Mapping[str, object]:
    """What lines say of an invocation, or of the function outside one; what is not known is left out."""
    known = process_fields()
    if invocation is None:
        return known
    context = invocation.context
    name = getattr(context, "function_name", None) or known.get("function_name")
    memory = getattr(context, "memory_limit_in_mb", None)  # awslambdaric gives a string
    fields = {
        "service": service or known.get("service") or name,
        "function_request_id": getattr(context, "aws_request_id", None),
        "cold_start": invocation.cold_start,
        "function_name": name,
        "function_version": getattr(context, "function_version", None) or known.get("function_version"),
        "function_memory_size": known.get("function_memory_size") if memory is None else _whole(memory),
        "correlation_id": correlation_id,
        "trace_id": _root_of(_env.trace_header()),
        "tenant_id": invocation.tenant_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


def line_fields(own: Mapping[str, object], error: BaseException | None) -> dict[str, object]:
    """The fields of a line and of what it is logged in: the record of a batch, and what is bound. The nearest wins."""
    invocation = maybe_current()
    fields = {} if invocation is None else dict(invocation.record_fields)
    fields.update(bound_fields())
    fields.update(own)
    taken = _OWN if error is None else _OWN_AND_ERROR
    return fields if taken.isdisjoint(fields) else _renamed(fields, taken)


def as_json(level: str, message: object, own: Mapping[str, object], error: BaseException | None, seconds: float) -> str:
    """One line, as JSON.

    Args:
        level: Lambda's name of the level.
        message: What happened; an object stays one.
        own: The fields of this line.
        error: What to show as `exception`.
        seconds: The time, in seconds since the epoch.
    """
    around = scope.get()
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    line: dict[str, object] = {"timestamp": f"{moment[:-6]}Z", "level": level, "message": message}
    line.update(invocation_fields(maybe_current()) if around is None else around.fields)
    line.update(line_fields(own, error))
    if error is not None:
        line["exception"] = error_as_data(error)
    return to_json(line)


def interpolated(message: object, args: tuple[object, ...]) -> tuple[object, Mapping[str, object]]:
    """The message with its arguments put in; where they do not fit, the message as it is, and the arguments as `args`.

    Returns:
        The message, and what is to be added to the fields.
    """
    named = len(args) == 1 and isinstance(args[0], dict) and args[0]
    try:
        return str(message) % (named or args), {}
    except Exception:  # noqa: BLE001 - a format that does not fit, or a value that cannot be shown
        return message, {"args": args}


def _renamed(fields: Mapping[str, object], taken: AbstractSet[str]) -> dict[str, object]:
    """Without these names: `level` becomes `level_`. Lambda reads its own, and nothing that was logged is lost."""
    free = {name: value for name, value in fields.items() if name not in taken}
    for name in taken:
        if name in fields:
            other = f"{name}_"
            while other in free:
                other += "_"
            free[other] = fields[name]
    return free


def _whole(number: object) -> int | None:
    return int(number) if isinstance(number, int) or (isinstance(number, str) and number.isdecimal()) else None


def _root_of(trace_header: str | None) -> str | None:
    if trace_header is not None:
        for part in trace_header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == "Root":
                return value
    return None
