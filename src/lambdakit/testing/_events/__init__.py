"""Builders of AWS's events. A service is a file here, and a base of `Events`."""

from __future__ import annotations

from .api_gateway import RestAPI
from .dynamodb import DynamoDB
from .eventbridge import EventBridge
from .firehose import Firehose
from .http_api import HTTPAPI
from .kafka import Kafka
from .kinesis import Kinesis
from .s3 import S3
from .s3_batch import S3Batch
from .sns import SNS
from .sqs import SQS

__all__ = ["Events", "events"]


class Events(SQS, SNS, S3, S3Batch, EventBridge, DynamoDB, Kinesis, Kafka, Firehose, RestAPI, HTTPAPI):
    """Builds events as AWS sends them, complete, from the payloads that a test is about.

    A payload is a pydantic model, a dataclass, or anything else that pydantic can write as JSON, by alias; a str is
    taken as it is, and so are bytes, as UTF-8 where the service carries text.

    Events are plain dicts: `dict[str, Any]`, as `json.loads` would give them, since a test looks into them.

    Ids differ from one event to the next, and are the same in each run: they are counted, not drawn. All is in
    `us-east-1` and of account `123456789012`, unless an ARN is given where a name could be.

    Args:
        seed: Any text, to get ids that differ from those of another `Events`.
    """


events = Events("lambdakit.testing.events")
"""The builder for tests that do not use the fixture; its ids are counted from the start of the process."""
