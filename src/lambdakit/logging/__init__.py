"""Log lines for Lambda: one JSON object each, that tells the invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from lambdakit import _env
from lambdakit._configurable import ConfigurableMiddleware, called_at
from lambdakit._core import Bound
from lambdakit._middleware import Middleware
from lambdakit.errors import OptionError

from ._line import Style, outside, scope
from ._logger import log
from ._output import write_kept
from ._redaction import SECRET_NAMES
from ._settings import Settings

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable

    from lambdakit._core import Handler, Layer, Next

__all__ = ["SECRET_NAMES", "log", "logged"]


@ConfigurableMiddleware
def logged(
    *,
    service: str | None = None,
    correlation_id: Callable[[Any], object] | None = None,
    level: str | int | None = None,
    sample_debug: float | None = None,
    buffer: str | int | None = None,
    buffer_bytes: int = 64 * 1024,
    log_event: bool = False,
    redact: Iterable[str | re.Pattern[str]] | None = None,
    serializer: Callable[..., str | bytes] | None = None,
    schema: Literal["flat", "otel"] | None = None,
) -> Middleware:
    """Make every log line tell the invocation it belongs to, and write a line for an error that escapes.

    A line is one JSON object on standard output: `timestamp` (RFC 3339, UTC), `level`, `message`; `service`,
    `function_request_id`, `cold_start`, `function_name`, `function_version`, `function_memory_size` (MiB),
    `correlation_id`, `trace_id` (of X-Ray), `tenant_id`, as far as they are known; in a batch, the fields of the
    record; what was bound; and the line's own fields. A field named as one of the first three is renamed, as in
    `message_`. In a terminal, lines are written for people.

    In a Lambda runtime the same lines come from `structlog.get_logger()` and from the standard library's `logging` and
    `warnings`, unless structlog was configured before the handler is decorated; and errors that end a thread, or the
    process, are such lines, too. Elsewhere nothing global is changed.

    An `Exception` that escapes is logged once, with its causes and stack frames but no local variables, and goes on.
    The runtime reports it too, in a line of its own.

    A line has at most 256 KB, less 26 bytes: as much as is known to arrive as one event. Of a longer one the longest
    parts are cut, and `truncated_from` tells its bytes.

    Inside another `logged`, around one record of a batch say, what is not said here is as it is there.

    Args:
        service: The name of the service. Default: `LAMBDAKIT_SERVICE`, `OTEL_SERVICE_NAME`, the function's name.
        correlation_id: Finds the id in the event, as it is at this layer; None leaves it out. Default: where the
            source usually has it, in a batch for each record. That is a header (`x-correlation-id`, `x-request-id`) or
            API Gateway's request id; a message attribute of SQS or SNS, or a header of Kafka, of such a name; the id of
            an event from EventBridge; the execution's id, where Step Functions passed on its context object.
        level: The lowest level to write: TRACE, DEBUG, INFO, WARN, ERROR, FATAL, or a number of the standard library's.
            Default: `LAMBDAKIT_LOG_LEVEL`, `LOG_LEVEL`; the level of Lambda's advanced logging controls; INFO. Below
            the level of those controls nothing is written, since Lambda would drop it.
        sample_debug: The share of invocations, from 0 to 1, that write from DEBUG on. It is decided at the start of
            each, and `debug_sampled` in its lines says how.
        buffer: A lower level. Lines from it up to `level` are kept, and written before the next line of ERROR or above,
            or when an `Exception` escapes; what concerns other records of a batch is kept back. Else they are dropped.
        buffer_bytes: How much is kept of an invocation. If it is more, the oldest lines are dropped, and where the
            others are written, a line tells how many.
        log_event: Whether to write the event, as it is at this layer, at INFO.
        redact: Names of fields, and compiled patterns. A field whose name ends in one of the names, in any case and
            with `-` or `_`, shows `[redacted]`, at any depth; so does what a pattern matches, in any text. Patterns
            make every line cost more. Default: `lambdakit.logging.SECRET_NAMES`; `()` redacts nothing.
        serializer: Makes JSON of a line, in place of the standard library's: `orjson.dumps` say. It is called with a
            dict and with `default=`, as that one is. A line that it fails for is written without it.
        schema: `"otel"` for the names of OpenTelemetry's Logs Data Model and semantic conventions. Default: `"flat"`,
            as above.

    Raises:
        OptionError: An option has a value that it cannot have.

    Limitations:
        A bare `threading.Thread` starts with an empty context: its lines do not tell the invocation. Use `blocking`,
        `asyncio.to_thread`, or `copy_context().run`.

        What is kept is lost when Lambda ends the invocation for its time-out.

        The runtime's own report of an error is not redacted: it has the text of the exception.
    """
    settings = Settings(
        service=service,
        correlation_id=correlation_id,
        level=level,
        sample_debug=sample_debug,
        buffer=buffer,
        buffer_bytes=buffer_bytes,
        redact=redact,
        serializer=serializer,
        schema=schema,
    )
    problem = settings.problem
    if not isinstance(log_event, bool):
        problem = f"log_event: expected True or False, got {log_event!r}"
    if problem:
        msg = f"{called_at('logged')}: {problem}"
        raise OptionError(msg)

    def fit(_: Handler[Any, Any]) -> Bound:
        heed: Callable[[int], None] | None = None
        if _env.in_lambda():
            from ._runtime import carry_along, heed  # noqa: PLC0415 - only needed there

            carry_along(settings.lowest, settings.style(Style()))
        return Bound(_layer(settings, log_event, heed), "logged")

    return Middleware(fit)


def _layer(settings: Settings, log_event: bool, heed: Callable[[int], None] | None) -> Layer[Any, Any, Any, Any]:  # noqa: FBT001
    async def layer(event: Any, call_next: Next[Any, Any]) -> Any:
        outer = scope.get()
        inner = settings.scope(event, outer, outside[0])
        scope.set(inner)
        if heed is not None:
            heed(inner.lowest if outer is None else min(inner.lowest, outer.lowest))
        try:
            if log_event:
                log.bind(event=event).info("event")
            return await call_next(event)
        except Exception as error:
            if outer is None:
                log.error("the handler failed", exc_info=error)
            elif inner.buffer is not None and inner.buffer is not outer.buffer:
                write_kept()
            raise
        finally:
            scope.set(outer)

    return layer
