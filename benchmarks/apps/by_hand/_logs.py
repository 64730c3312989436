"""structlog, set up as its documentation advises for speed, and the fields of an invocation bound to it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from lambdakit import Context

structlog.configure(
    cache_logger_on_first_use=True,
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    logger_factory=structlog.WriteLoggerFactory(),
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.EventRenamer("message"),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ],
)

log = structlog.get_logger()
starts = [True]


def begin(context: Context) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        service="orders",
        function_request_id=context.aws_request_id,
        cold_start=bool(starts),
        function_name=context.function_name,
        function_memory_size=context.memory_limit_in_mb,
    )
    starts.clear()
