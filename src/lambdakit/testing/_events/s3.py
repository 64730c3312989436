"""Amazon S3: see "Event message structure" in the Amazon S3 User Guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from lambdakit.errors import OptionError
from lambdakit.testing._ids import REGION

from .builder import NEW_YEAR, Builder, iso_milliseconds

if TYPE_CHECKING:
    from datetime import datetime

_GONE = ("ObjectRemoved:", "LifecycleExpiration:")


class S3(Builder):
    """Events of Amazon S3."""

    def s3(
        self,
        bucket: str,
        key: str,
        *,
        event_name: str = "ObjectCreated:Put",
        size: int = 1024,
        version_id: str | None = None,
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """A notification about an object, as S3 sends it to a function, a queue or a topic.

        In a queue it is the body, `events.sqs(events.s3("uploads", "a.txt"))`, and from a topic it is the message,
        `events.sqs(events.sns_notification(events.s3("uploads", "a.txt")))`.

        Args:
            bucket: The name of the bucket.
            key: The key as it is; the event holds it URL-encoded, with `+` for a space, as S3 sends it.
            event_name: What happened, as in the event: without the `s3:` that it has in the configuration.
            size: Bytes; not told of an object that is gone.
            version_id: The version, in a bucket that has versions.
            at: When it happened, with a time zone.

        Returns:
            The event; S3 sends one record in each.

        Raises:
            OptionError: The name of the event begins with `s3:`, or the time is none.
        """
        if event_name.startswith("s3:"):
            msg = f"event_name: events name it without s3:, {event_name.removeprefix('s3:')!r}; got {event_name!r}"
            raise OptionError(msg)
        described: dict[str, Any] = {"key": quote_plus(key, safe="/")}
        if not event_name.startswith(_GONE):
            described |= {"size": size, "eTag": self._ids.hex(32)}
        if version_id is not None:
            described["versionId"] = version_id
        described["sequencer"] = self._ids.hex(18).upper()
        return {
            "Records": [
                {
                    "eventVersion": "2.1",
                    "eventSource": "aws:s3",
                    "awsRegion": REGION,
                    "eventTime": iso_milliseconds(at),
                    "eventName": event_name,
                    "userIdentity": {"principalId": "AWS:AIDAIENQZJOLO23YVJ4VO"},
                    "requestParameters": {"sourceIPAddress": "192.0.2.1"},
                    "responseElements": {
                        "x-amz-request-id": self._ids.hex(16).upper(),
                        "x-amz-id-2": self._ids.token(),
                    },
                    "s3": {
                        "s3SchemaVersion": "1.0",
                        "configurationId": "notification",
                        "bucket": {
                            "name": bucket,
                            "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                            "arn": f"arn:aws:s3:::{bucket}",
                        },
                        "object": described,
                    },
                }
            ]
        }
