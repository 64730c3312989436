"""Queues of moto's SQS server, for scripts that run on a fake queue as well."""

from __future__ import annotations

import json
from itertools import count
from typing import Any, NamedTuple


class Received(NamedTuple):
    body: str
    receive_count: int
    receipt_handle: str


class MotoQueue:
    """A queue on the server, with a dead-letter queue if there is a `max_receive_count`."""

    _numbers = count(1)

    def __init__(
        self, client: Any, *, fifo: bool = False, visibility_timeout: int = 30, max_receive_count: int | None = None
    ) -> None:
        self._client = client
        self._fifo = fifo
        self._name = f"queue-{next(self._numbers)}"
        attributes = {"VisibilityTimeout": str(visibility_timeout)}
        self._dead_letters = None
        if max_receive_count is not None:
            self._dead_letters = self._create("-dead", {})
            arn = client.get_queue_attributes(QueueUrl=self._dead_letters, AttributeNames=["QueueArn"])
            policy = {
                "deadLetterTargetArn": arn["Attributes"]["QueueArn"],
                "maxReceiveCount": max_receive_count,
            }
            attributes["RedrivePolicy"] = json.dumps(policy)
        self._url = self._create("", attributes)

    def _create(self, suffix: str, attributes: dict[str, str]) -> str:
        if self._fifo:
            suffix = f"{suffix}.fifo"
            attributes = attributes | {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        url: str = self._client.create_queue(QueueName=f"{self._name}{suffix}", Attributes=attributes)["QueueUrl"]
        return url

    def send(self, body: str, **options: object) -> None:
        self._client.send_message(QueueUrl=self._url, MessageBody=body, **options)

    def receive(self, at_most: int) -> list[Received]:
        return self._receive(self._url, at_most)

    def delete(self, receipt_handle: str) -> None:
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt_handle)

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )

    def dead_letters(self) -> list[str]:
        """What is in the dead-letter queue; it is taken out."""
        if self._dead_letters is None:
            return []
        found = []
        while batch := self._receive(self._dead_letters, 10):
            for message in batch:
                found.append(message.body)
                self._client.delete_message(QueueUrl=self._dead_letters, ReceiptHandle=message.receipt_handle)
        return found

    def _receive(self, url: str, at_most: int) -> list[Received]:
        answer = self._client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=at_most, AttributeNames=["ApproximateReceiveCount"]
        )
        return [
            Received(message["Body"], int(message["Attributes"]["ApproximateReceiveCount"]), message["ReceiptHandle"])
            for message in answer.get("Messages", [])
        ]
