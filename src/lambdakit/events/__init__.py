"""AWS's events as pydantic models, named as in AWS's library for Java, generic in the payload that they carry.

`SQSMessage` has its body as text, `SQSMessage[Order]` as an `Order`. Attributes are in snake_case. Only what AWS always
sends is required; what it may send besides is ignored. Each service has a module of its own, which is loaded when one
of its names is used.

To add a source, write its module, and name it in the table below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from ._http import Headers
    from .api_gateway import APIGatewayProxyEvent
    from .api_gateway_v2 import APIGatewayProxyEventV2
    from .dynamodb import DynamodbEvent, DynamodbStreamRecord
    from .eventbridge import EventBridgeEvent, ScheduledEvent
    from .firehose import KinesisFirehoseEvent, KinesisFirehoseRecord
    from .function_url import LambdaFunctionURLEvent
    from .kafka import KafkaEvent, KafkaEventRecord
    from .kinesis import KinesisEvent, KinesisEventRecord
    from .s3 import S3Event, S3EventNotificationRecord
    from .s3_batch import S3BatchEvent, S3BatchTask
    from .sns import SNSEvent, SNSNotification, SNSRecord
    from .sqs import SQSEvent, SQSMessage

_HOMES = {
    "_http": ("Headers",),
    "api_gateway": ("APIGatewayProxyEvent",),
    "api_gateway_v2": ("APIGatewayProxyEventV2",),
    "dynamodb": ("DynamodbEvent", "DynamodbStreamRecord"),
    "eventbridge": ("EventBridgeEvent", "ScheduledEvent"),
    "firehose": ("KinesisFirehoseEvent", "KinesisFirehoseRecord"),
    "function_url": ("LambdaFunctionURLEvent",),
    "kafka": ("KafkaEvent", "KafkaEventRecord"),
    "kinesis": ("KinesisEvent", "KinesisEventRecord"),
    "s3": ("S3Event", "S3EventNotificationRecord"),
    "s3_batch": ("S3BatchEvent", "S3BatchTask"),
    "sns": ("SNSEvent", "SNSNotification", "SNSRecord"),
    "sqs": ("SQSEvent", "SQSMessage"),
}

__all__ = [
    "APIGatewayProxyEvent",
    "APIGatewayProxyEventV2",
    "DynamodbEvent",
    "DynamodbStreamRecord",
    "EventBridgeEvent",
    "Headers",
    "KafkaEvent",
    "KafkaEventRecord",
    "KinesisEvent",
    "KinesisEventRecord",
    "KinesisFirehoseEvent",
    "KinesisFirehoseRecord",
    "LambdaFunctionURLEvent",
    "S3BatchEvent",
    "S3BatchTask",
    "S3Event",
    "S3EventNotificationRecord",
    "SNSEvent",
    "SNSNotification",
    "SNSRecord",
    "SQSEvent",
    "SQSMessage",
    "ScheduledEvent",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
