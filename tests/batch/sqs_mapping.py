"""An SQS event source mapping, by hand, against a real server: receives, invokes, deletes what is not reported."""

from __future__ import annotations

import base64
import json
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdakit.testing import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit.testing import FakeContext

_numbers = count(1)


class Queue:
    """A queue on the server.

    Args:
        client: Speaks to the server.
        fifo: Whether it is a FIFO queue.
        dead_letters: Where SQS itself moves what was received `max_receive_count` times.
        max_receive_count: See `dead_letters`.
    """

    def __init__(
        self, client: Any, *, fifo: bool = False, dead_letters: Queue | None = None, max_receive_count: int = 3
    ) -> None:
        self._client = client
        attributes = {"VisibilityTimeout": "30"}
        if fifo:
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        if dead_letters is not None:
            policy = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": max_receive_count}
            attributes["RedrivePolicy"] = json.dumps(policy)
        name = f"batch-{next(_numbers)}{'.fifo' * fifo}"
        self.url: str = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn: str = found["Attributes"]["QueueArn"]

    def send(self, *bodies: str, **options: object) -> None:
        for body in bodies:
            self._client.send_message(QueueUrl=self.url, MessageBody=body, **options)

    def receive(self, at_most: int = 10) -> list[Any]:
        """Messages as boto3 gives them."""
        answer = self._client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=at_most, AttributeNames=["All"], MessageAttributeNames=["All"]
        )
        return list(answer.get("Messages", ()))

    def receive_bodies(self) -> list[str]:
        """What can be received now, in the order in which it comes."""
        found: list[str] = []
        while messages := self.receive():
            found += [message["Body"] for message in messages]
        return found

    def delete(self, receipt_handle: str) -> None:
        self._client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt_handle)

    def remove(self) -> None:
        self._client.delete_queue(QueueUrl=self.url)

    @property
    def size(self) -> int:
        """How many messages there are, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


class Delivery(NamedTuple):
    """A batch, and what came of it."""

    records: list[Any]
    reported: list[str] | None
    """The bodies of the messages that the answer reports; None if the handler raised."""
    error: Exception | None

    @property
    def bodies(self) -> list[str]:
        return [record["body"] for record in self.records]


def deliver(
    queue: Queue,
    handler: Callable[[Any, Any], object],
    *,
    batch_size: int = 10,
    context: FakeContext | None = None,
    deletes: bool = True,
) -> Delivery:
    """Do what Lambda's poller does once, for a mapping with ReportBatchItemFailures.

    Args:
        queue: From where.
        handler: To whom.
        batch_size: How many messages, at most.
        context: What the handler gets beside the event.
        deletes: False: the poller is gone before it deletes what came off.
    """
    records: list[Any] = []
    while len(records) < batch_size and (messages := queue.receive(min(10, batch_size - len(records)))):
        records += [_record_of(message, queue) for message in messages]
    try:
        answer = run(handler, {"Records": records}, context)
    except Exception as error:
        return Delivery(records, None, error)
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    assert failed <= {record["messageId"] for record in records}
    for record in records:
        if deletes and record["messageId"] not in failed:
            queue.delete(record["receiptHandle"])
    return Delivery(records, [record["body"] for record in records if record["messageId"] in failed], None)


def _record_of(message: Any, queue: Queue) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: _attribute_of(given) for name, given in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": queue.arn.split(":")[3],
    }


def _attribute_of(given: Any) -> dict[str, Any]:
    made = {"dataType": given["DataType"], "stringListValues": [], "binaryListValues": []}
    if "StringValue" in given:
        made["stringValue"] = given["StringValue"]
    if "BinaryValue" in given:
        made["binaryValue"] = base64.b64encode(given["BinaryValue"]).decode()
    return made
