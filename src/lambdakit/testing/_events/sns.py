"""Amazon SNS: see "Invoking Lambda functions with Amazon SNS notifications" in the AWS Lambda Developer Guide."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from .builder import NEW_YEAR, Builder, arn, iso_milliseconds, region_of
from .payloads import attributes_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .payloads import AttributeValue


class SNS(Builder):
    """Events of Amazon SNS."""

    def sns(
        self,
        *messages: object,
        topic: str = "topic",
        subject: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """A notification, as SNS sends it to a function that is subscribed itself.

        Args:
            *messages: A payload each. AWS sends one at a time, but promises no such thing.
            topic: Its name, or its ARN.
            subject: The subject line.
            attributes: The message attributes: str is a String, int, float and Decimal are a Number, bytes are Binary.
            at: When it was published, with a time zone.

        Returns:
            The event.

        Raises:
            EncodeError: A payload has no form in JSON, or is bytes that are not UTF-8.
            OptionError: The topic, the time or an attribute is none.
        """
        topic_arn = arn("topic", topic, service="sns")
        return {
            "Records": [
                {
                    "EventSource": "aws:sns",
                    "EventVersion": "1.0",
                    "EventSubscriptionArn": f"{topic_arn}:{self._ids.uuid()}",
                    "Sns": {
                        **self._notification(text_of(message, f"events.sns, message {number}"), topic_arn, at),
                        "Subject": subject,
                        "SigningCertUrl": _certificate(topic_arn),
                        "UnsubscribeUrl": _unsubscribe(topic_arn),
                        "MessageAttributes": _attributes(attributes),
                    },
                }
                for number, message in enumerate(messages, 1)
            ]
        }

    def sns_notification(
        self,
        message: object,
        *,
        topic: str = "topic",
        subject: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
        at: datetime = NEW_YEAR,
    ) -> str:
        """A notification as SNS puts it into a queue: `events.sqs(events.sns_notification(order))`.

        With raw message delivery there is no such envelope: the queue gets the message itself.

        Args:
            message: A payload.
            topic: As for `sns`.
            subject: As for `sns`.
            attributes: As for `sns`.
            at: As for `sns`.

        Returns:
            The body of the SQS message: JSON.

        Raises:
            EncodeError: As for `sns`.
            OptionError: As for `sns`.
        """
        topic_arn = arn("topic", topic, service="sns")
        notification = self._notification(text_of(message, "events.sns_notification"), topic_arn, at)
        notification["SigningCertURL"] = _certificate(topic_arn)
        notification["UnsubscribeURL"] = _unsubscribe(topic_arn)
        if subject is not None:
            notification["Subject"] = subject
        if attributes:
            notification["MessageAttributes"] = _attributes(attributes)
        return json.dumps(notification)

    def _notification(self, message: str, topic_arn: str, at: datetime) -> dict[str, Any]:
        return {
            "Type": "Notification",
            "MessageId": self._ids.uuid(),
            "TopicArn": topic_arn,
            "Message": message,
            "Timestamp": iso_milliseconds(at),
            "SignatureVersion": "1",
            "Signature": self._ids.token(),
        }


def _attributes(attributes: Mapping[str, AttributeValue] | None) -> dict[str, dict[str, str]]:
    return {
        name: {"Type": kind, "Value": value if isinstance(value, str) else b64encode(value).decode()}
        for name, kind, value in attributes_of(attributes)
    }


def _endpoint(topic_arn: str) -> str:
    return f"https://sns.{region_of(topic_arn)}.amazonaws.com"


def _certificate(topic_arn: str) -> str:
    return f"{_endpoint(topic_arn)}/SimpleNotificationService-0000000000000000000000.pem"


def _unsubscribe(topic_arn: str) -> str:
    subscription = f"{topic_arn}:00000000-0000-4000-8000-000000000000"
    return f"{_endpoint(topic_arn)}/?Action=Unsubscribe&SubscriptionArn={subscription}"
