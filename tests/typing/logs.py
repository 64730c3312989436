"""`logged` and `log`: the types of handlers stay, options are checked, and `log` is structlog's logger."""

import json
import re
from typing import Any, assert_type

import orjson
from structlog.typing import FilteringBoundLogger

from lambdakit import Context, Handler, log, logged
from lambdakit.logging import SECRET_NAMES
from lambdakit.testing import CapturedLog, CapturedLogs

assert_type(log, FilteringBoundLogger)
assert_type(log.bind(order=7), FilteringBoundLogger)
log.info("charging", total=12.5)
log.info(7)  # error: mypy[arg-type] pyright[reportArgumentType]
log.inform("x")  # error: mypy[attr-defined] pyright[reportAttributeAccessIssue] pyright[reportUnknownMemberType]


@logged
def bare(event: dict[str, Any], context: Context) -> str:
    return "done"


@logged(
    service="orders",
    correlation_id=lambda event: event["id"],
    level="INFO",
    sample_debug=0.01,
    buffer="DEBUG",
    buffer_bytes=10_000,
    log_event=True,
    redact=[*SECRET_NAMES, "iban", re.compile(r"\d{16}")],
    serializer=orjson.dumps,
    schema="otel",
)
async def all_options(event: list[int], context: Context) -> int:
    return 1


assert_type(bare, Handler[dict[str, Any], str])
assert_type(all_options, Handler[list[int], int])
logged(serializer=json.dumps)
logged(schema="ecs")  # error: mypy[call-overload] pyright[reportArgumentType]
logged(redact=[1])  # error: mypy[list-item] pyright[reportArgumentType]
logged(servce="orders")  # error: mypy[call-overload] pyright[reportCallIssue]


def test(captured_logs: CapturedLogs) -> None:
    assert_type(captured_logs[0], CapturedLog)
    assert_type(captured_logs[-1].exception, BaseException | None)
    assert_type(captured_logs[0].fields["total"], object)
    assert_type([line.message for line in captured_logs], list[object])
