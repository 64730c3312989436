"""What one line says: of itself, of the invocation, and of what was bound."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from lambdakit import _env
from lambdakit._invocation import maybe_current
from lambdakit._log_context import bound_fields
from lambdakit._trace_context import trace_here

from ._correlation import correlation_id_of
from ._cut import LIMIT, cut
from ._errors import error_as_data
from ._levels import name_of, process_level
from ._redaction import SECRET_NAMES, Redaction
from ._values import tamed, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from lambdakit._invocation import Invocation

    from ._buffer import Buffer

_OWN = frozenset({"timestamp", "level", "message"})
_OWN_AND_ERROR = _OWN | {"exception"}


class Style(NamedTuple):
    """How lines are written.

    Attributes:
        encode: Makes JSON, on one line, of a dict of anything.
        redact: Takes out what is not to be logged.
        otel: Whether OpenTelemetry's names are used.
    """

    encode: Callable[[object], str] = to_json
    redact: Redaction = Redaction(SECRET_NAMES)
    otel: bool = False


class Scope(NamedTuple):
    """What `logged` settles for the lines of one invocation.

    Attributes:
        fields: What is the same in all of them.
        level: The lowest level that is written at once.
        lowest: The lowest level of which anything is made.
        style: How they are written.
        buffer: Where those below that level are kept, if they are.
        of_records: Whether lines of a record tell the record's own correlation id.
    """

    fields: Mapping[str, object]
    level: int
    lowest: int
    style: Style
    buffer: Buffer | None
    of_records: bool


scope: ContextVar[Scope | None] = ContextVar("lambdakit_log_scope", default=None)

outside: list[Style] = [Style()]
"""How lines outside an invocation are written: one item, in Lambda that of the handler that was decorated last."""


def lowest_level() -> int:
    """The lowest level of which anything is made here: that is written, or at least kept."""
    around = scope.get()
    return process_level() if around is None else around.lowest


def style() -> Style:
    """How lines are written here."""
    around = scope.get()
    return outside[0] if around is None else around.style


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
    invocation: Invocation | None,
    *,
    service: object = None,
    correlation_id: object = None,
    debug_sampled: object = None,
) -> Mapping[str, object]:
    """What lines say of an invocation, or of the function outside one; what is not known is left out."""
    known = process_fields()
    if invocation is None:
        return known
    context = invocation.context
    name = getattr(context, "function_name", None) or known.get("function_name")
    memory = getattr(context, "memory_limit_in_mb", None)  # awslambdaric gives a string
    fields: dict[str, object] = {
        "service": service or known.get("service") or name,
        "function_request_id": getattr(context, "aws_request_id", None),
        "cold_start": invocation.cold_start,
        "function_name": name,
        "function_version": getattr(context, "function_version", None) or known.get("function_version"),
        "function_memory_size": known.get("function_memory_size") if memory is None else _whole(memory),
    }
    if None in fields.values():
        fields = {name: value for name, value in fields.items() if value is not None}
    if correlation_id is not None:
        fields["correlation_id"] = correlation_id
    if (trace_id := _root_of(_env.trace_header())) is not None:
        fields["trace_id"] = trace_id
    if (tenant_id := invocation.tenant_id) is not None:
        fields["tenant_id"] = tenant_id
    if debug_sampled is not None:
        fields["debug_sampled"] = debug_sampled
    return fields


def fields_of_line(own: Mapping[str, object], error: BaseException | None) -> dict[str, object]:
    """The fields of a line and of what it is logged in: the record of a batch, and what is bound. The nearest wins."""
    invocation = maybe_current()
    fields: dict[str, object] = {}
    if invocation is not None and invocation.record is not None:
        fields.update(invocation.record_fields)
        around = scope.get()
        if around is not None and around.of_records and (found := correlation_id_of(invocation.record)):
            fields["correlation_id"] = found
    fields.update(bound_fields())
    fields.update(own)
    taken = _OWN if error is None else _OWN_AND_ERROR
    return fields if taken.isdisjoint(fields) else _renamed(fields, taken)


def all_fields(own: Mapping[str, object], error: BaseException | None) -> dict[str, object]:
    """The fields of a line, and before them those of the invocation and of the trace."""
    around = scope.get()
    fields = dict(invocation_fields(maybe_current()) if around is None else around.fields)
    if (trace := trace_here.get()) is not None:
        fields.update(trace.log_fields())
    fields.update(fields_of_line(own, error))
    return fields


def as_json(
    level: int, message: object, fields: Mapping[str, object], error: BaseException | None, seconds: float
) -> str:
    """One line, as JSON: redacted, and no longer than Lambda takes it.

    Args:
        level: The number of the level.
        message: What happened; an object stays one.
        fields: All fields of this line.
        error: What to show as `exception`.
        seconds: The time, in seconds since the epoch.
    """
    encode, redact, otel = style()
    moment = _rfc_3339(seconds)
    line: dict[str, object]
    if otel:
        from ._otel import as_otel  # noqa: PLC0415 - only for those who ask for it

        line = as_otel(moment, name_of(level), message, fields, error)
    else:
        line = {"timestamp": moment, "level": name_of(level), "message": message, **fields}
        if error is not None:
            line["exception"] = error_as_data(error)
    try:
        return _fitting(redact(encode(line), encode))
    except (RecursionError, ValueError):  # too deep, or what a serializer gave is no JSON
        return _fitting(redact(to_json(tamed(line)), to_json))


def _fitting(text: str) -> str:
    """The line, cut if it is too long; its end counts, too."""
    if len(text) * 4 >= LIMIT and len(text.encode()) >= LIMIT:  # a character has four bytes at the most
        return cut(text, LIMIT - 1)
    return text


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


_second: list[tuple[int, str]] = [(0, "")]
"""The last whole second that a line was written in, and its text."""


def _rfc_3339(seconds: float) -> str:
    """The time in UTC, in milliseconds."""
    whole, milliseconds = divmod(int(seconds * 1000), 1000)
    second, text = _second[0]
    if second != whole:
        text = datetime.fromtimestamp(whole, UTC).isoformat()[:-6]
        _second[0] = whole, text
    return f"{text}.{milliseconds:03}Z"


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
    """The trace in X-Ray's header: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=...;Sampled=1`, in any order."""
    _, found, rest = (trace_header or "").partition("Root=")
    return rest.partition(";")[0] if found else None
