"""An invocation as a span of OpenTelemetry, by its SDK, which is exported nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

if TYPE_CHECKING:
    from lambdakit import Context

tracer = TracerProvider().get_tracer(__name__)
starts = [True]


def handler(event: object, context: Context) -> object:
    attributes: dict[str, str | bool] = {
        "faas.coldstart": bool(starts),
        "faas.invocation_id": context.aws_request_id,
        "cloud.resource_id": context.invoked_function_arn,
        "cloud.account.id": context.invoked_function_arn.split(":")[4],
        "aws.lambda.invoked_arn": context.invoked_function_arn,
    }
    starts.clear()
    with tracer.start_as_current_span(context.function_name, kind=SpanKind.SERVER, attributes=attributes):
        return event
