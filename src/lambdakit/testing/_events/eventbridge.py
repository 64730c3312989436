"""Amazon EventBridge: see "Event structure reference" in the Amazon EventBridge User Guide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdakit.errors import OptionError

from .builder import NEW_YEAR, Builder, account_of, arn, iso, region_of
from .payloads import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class EventBridge(Builder):
    """Events of Amazon EventBridge."""

    def eventbridge(
        self,
        detail: object,
        *,
        source: str = "test",
        detail_type: str = "test",
        resources: Sequence[str] = (),
        bus: str = "default",
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """An event from a bus.

        Args:
            detail: A payload that is an object in JSON.
            source: Who sent it: `com.example.orders`; AWS's own services have names such as `aws.s3`.
            detail_type: What happened: `Order placed`.
            resources: The ARNs that it is about.
            bus: Its name or its ARN, from which come region and account; the event itself does not name the bus.
            at: When it was sent, with a time zone; to the second, as in AWS's.

        Returns:
            The event.

        Raises:
            EncodeError: The detail has no form in JSON.
            OptionError: The detail is no object in JSON, or the bus or the time is none.
        """
        text = text_of(detail, "events.eventbridge, detail")
        try:
            decoded = json.loads(text)
        except ValueError:
            decoded = None
        if not isinstance(decoded, dict):
            msg = f"detail: EventBridge takes what is an object in JSON; got {type(detail).__name__}"
            raise OptionError(msg)
        bus_arn = arn("bus", bus, service="events", resource="event-bus/{}")
        return {
            "version": "0",
            "id": self._ids.uuid(),
            "detail-type": detail_type,
            "source": source,
            "account": account_of(bus_arn),
            "time": iso(at),
            "region": region_of(bus_arn),
            "resources": list(resources),
            "detail": decoded,
        }

    def scheduled(self, rule: str = "rule", *, at: datetime = NEW_YEAR) -> dict[str, Any]:
        """The event of a rule with a schedule.

        Args:
            rule: Its name, or its ARN.
            at: When it was due, with a time zone.

        Returns:
            The event.

        Raises:
            OptionError: The rule or the time is none.

        Limitations:
            A schedule of EventBridge Scheduler sends whatever input it was given, which needs no builder.
        """
        rule_arn = arn("rule", rule, service="events", resource="rule/{}")
        return self.eventbridge(
            {}, source="aws.events", detail_type="Scheduled Event", resources=[rule_arn], bus=rule_arn, at=at
        )
