"""Log lines for Lambda, on structlog: one JSON object each, that tells the invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit import _callables, _env
from lambdakit._configurable import ConfigurableMiddleware, called_at
from lambdakit._core import Bound
from lambdakit._invocation import current
from lambdakit._middleware import Middleware
from lambdakit.errors import OptionError

from ._correlation import correlation_id_of
from ._levels import KNOWN, least, number_of, process_level
from ._line import Scope, invocation_fields, scope
from ._logger import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit._core import Handler, Next

__all__ = ["log", "logged"]


@ConfigurableMiddleware
def logged(
    *,
    service: str | None = None,
    correlation_id: Callable[[Any], object] | None = None,
    level: str | int | None = None,
) -> Middleware:
    """Make every log line tell the invocation it belongs to, and write a line for an error that escapes.

    A line is one JSON object on standard output: `timestamp` (RFC 3339, UTC), `level`, `message`; `service`,
    `function_request_id`, `cold_start`, `function_name`, `function_version`, `function_memory_size` (MiB),
    `correlation_id`, `trace_id` (of X-Ray), `tenant_id`, as far as they are known; in a batch, the fields of the
    record; what was bound; and the line's own fields. A field named as one of the first three is renamed, as in
    `message_`. In a terminal, lines are written for people.

    In a Lambda runtime the same lines come from `structlog.get_logger()` and from the standard library's `logging`,
    unless structlog was configured before the handler is decorated. Elsewhere nothing global is changed.

    An `Exception` that escapes is logged once, with its causes and stack frames but no local variables, and goes on.
    The runtime reports it too, in a line of its own.

    Args:
        service: The name of the service. Default: `LAMBDAKIT_SERVICE`, `OTEL_SERVICE_NAME`, the function's name.
        correlation_id: Finds the id in the event, as it is at this layer; None leaves it out. Default: where the
            source usually has it. That is a header (`x-correlation-id`, `x-request-id`) or API Gateway's request id, or
            the id of an event from EventBridge.
        level: The lowest level to write: TRACE, DEBUG, INFO, WARN, ERROR, FATAL, or a number of the standard library's.
            Default: `LAMBDAKIT_LOG_LEVEL`, `LOG_LEVEL`; the level of Lambda's advanced logging controls; INFO. Below
            the level of those controls nothing is written, since Lambda would drop it.

    Raises:
        OptionError: An option has a value that it cannot have.

    Limitations:
        A bare `threading.Thread` starts with an empty context: its lines do not tell the invocation. Use `blocking`,
        `asyncio.to_thread`, or `copy_context().run`.
    """
    _check(service, correlation_id, level)
    lowest = process_level() if level is None else least(number_of(level))
    find = correlation_id_of if correlation_id is None else correlation_id

    async def layer(event: Any, call_next: Next[Any, Any]) -> Any:
        outer = scope.get()
        inherited = {} if outer is None else outer.fields
        fields = invocation_fields(
            current(),
            service=service or inherited.get("service"),
            correlation_id=_found(find, event) or inherited.get("correlation_id"),
        )
        scope.set(Scope(fields, lowest if outer is None or level is not None else outer.level))
        try:
            return await call_next(event)
        except Exception as error:
            if outer is None:
                log.error("the handler failed", exc_info=error)
            raise
        finally:
            scope.set(outer)

    def fit(_: Handler[Any, Any]) -> Bound:
        if _env.in_lambda():
            from ._runtime import carry_along  # noqa: PLC0415 - only needed there

            carry_along(lowest)
        return Bound(layer, "logged")

    return Middleware(fit)


def _found(find: Callable[[Any], object], event: object) -> object:
    try:
        return find(event)
    except Exception as error:  # noqa: BLE001 - an id for logs is no reason to fail
        log.warning("correlation_id= failed, so lines have no correlation id", exc_info=error)
        return None


def _check(service: object, correlation_id: object, level: object) -> None:
    problem = None
    if service is not None and not (isinstance(service, str) and service):
        problem = f"service: expected a name, got {service!r}"
    elif level is not None and number_of(level) is None:
        problem = f"level: expected {KNOWN}, or a number of the standard library's; got {level!r}"
    elif correlation_id is not None:
        if problem := _callables.misfit(correlation_id, arguments="event"):
            problem = f"correlation_id: expected a function of the event; {_callables.where(correlation_id)} {problem}"
        elif _callables.is_async(correlation_id):
            problem = f"correlation_id: expected a plain function; {_callables.where(correlation_id)} is async"
    if problem:
        msg = f"{called_at('logged')}: {problem}"
        raise OptionError(msg)
