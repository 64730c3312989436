"""What a process has in which a handler is measured: Lambda's environment, a context, events.

It imports nothing that Lambda's runtime client has not loaded anyway (typing is one such thing): what is loaded here is
loaded before the clock of a cold start runs, and would count for nobody.
"""

from __future__ import annotations

import json
import time

from awslambdaric.lambda_context import LambdaContext  # type: ignore[import-untyped]

REQUEST_ID = "7f3c1f6e-3a52-4c6e-9d0f-0c7c1d2b3a4e"

ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_NAME": "orders",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
    "AWS_REGION": "eu-central-1",
    "LAMBDA_TASK_ROOT": "/var/task",
    "_X_AMZN_TRACE_ID": "Root=1-65a1b2c3-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1",
}
"""See "Using Lambda environment variables" in the AWS Lambda Developer Guide."""


def context() -> LambdaContext:
    """The context that AWS's runtime client would make, with 15 minutes left."""
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:orders"
    return LambdaContext(REQUEST_ID, None, None, int((time.time() + 900) * 1000), arn)


def orders(count: int) -> dict[str, list[dict[str, object]]]:
    """An SQS event of so many messages, each with an order; see "Using Lambda with Amazon SQS" in the same guide."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-{number:012}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a" * 5,
                "body": json.dumps({"id": f"order-{number}", "total": "12.50"}),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1545082649183",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1545082649185",
                },
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
                "awsRegion": "eu-central-1",
            }
            for number in range(count)
        ]
    }
