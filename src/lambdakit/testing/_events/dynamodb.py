"""DynamoDB Streams: see "Record" and "StreamRecord" in the Amazon DynamoDB Streams API Reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

from lambdakit.errors import OptionError

from .attribute_values import Image, image_of, size_of
from .builder import NEW_YEAR, Builder, arn, milliseconds, region_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    View = Literal["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"]

_VIEW_OF = {"NewImage": "NEW_IMAGE", "OldImage": "OLD_IMAGE"}


@dataclass(frozen=True, slots=True)
class DynamoDBRecord:
    """A change of one item; what `dynamodb_record` gives, to be handed to `dynamodb`."""

    new: object = None
    old: object = None


class DynamoDB(Builder):
    """Events of DynamoDB Streams."""

    @overload
    def dynamodb(
        self,
        *items: object,
        keys: Sequence[str] = ("id",),
        table: str = "table",
        view: View = "NEW_AND_OLD_IMAGES",
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]: ...
    @overload
    def dynamodb(
        self,
        *,
        new: object = None,
        old: object = None,
        keys: Sequence[str] = ("id",),
        table: str = "table",
        view: View = "NEW_AND_OLD_IMAGES",
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]: ...
    def dynamodb(
        self,
        *items: object,
        new: object = None,
        old: object = None,
        keys: Sequence[str] = ("id",),
        table: str = "table",
        view: View = "NEW_AND_OLD_IMAGES",
        at: datetime = NEW_YEAR,
    ) -> dict[str, Any]:
        """Changes of items: `events.dynamodb(old=order, new=paid)`.

        An item is a payload with attributes: a model, a dataclass or a dict. Its values are marshalled as DynamoDB
        would: str is S; int, float and Decimal are N; bytes are B; sets are SS, NS or BS; what else pydantic can write
        as JSON, a datetime say, is what it is there.

        Args:
            *items: Several changes: items that were inserted, or what `dynamodb_record` gives. None at all makes an
                empty batch, which AWS sends only at the end of a window.
            new: The one item after the change. New alone is an INSERT; old and new are a MODIFY.
            old: The one item before the change. Old alone is a REMOVE.
            keys: The names of the table's key attributes.
            table: Its name, or the ARN of its stream.
            view: What the stream tells of an item, beside its keys.
            at: When the items changed, with a time zone; to the second, as in AWS's.

        Returns:
            The event; sequence numbers rise, from one event to the next, too.

        Raises:
            EncodeError: DynamoDB cannot hold a value.
            OptionError: An item has no attributes, or lacks a key; a change has another key before than after; items
                are given together with `new` or `old`; the table or the time is none.
        """
        if items and (new is not None or old is not None):
            msg = "events.dynamodb: one change is given as new= and old=, several as events.dynamodb_record(...) each"
            raise OptionError(msg)
        changes = items if new is None and old is None else (DynamoDBRecord(new, old),)
        stream = arn("table", table, service="dynamodb", resource="table/{}/stream/2026-01-01T00:00:00.000")
        return {
            "Records": [
                self._change(
                    change if isinstance(change, DynamoDBRecord) else self.dynamodb_record(new=change),
                    where=f"events.dynamodb, change {number}",
                    keys=keys,
                    stream=stream,
                    view=view,
                    at=at,
                )
                for number, change in enumerate(changes, 1)
            ]
        }

    def dynamodb_record(self, *, new: object = None, old: object = None) -> DynamoDBRecord:
        """One of several changes, to be handed to `dynamodb`.

        Args:
            new: As for `dynamodb`.
            old: As for `dynamodb`.

        Raises:
            OptionError: Neither is given.
        """
        if new is None and old is None:
            msg = "events.dynamodb_record: a change needs the item after it as new=, or before it as old=, or both"
            raise OptionError(msg)
        return DynamoDBRecord(new, old)

    def _change(
        self, change: DynamoDBRecord, *, where: str, keys: Sequence[str], stream: str, view: View, at: datetime
    ) -> dict[str, Any]:
        images = {
            name: image_of(item, f"{where}, {name}")
            for name, item in (("NewImage", change.new), ("OldImage", change.old))
            if item is not None
        }
        before_and_after = [_key_of(image, keys, where) for image in images.values()]
        key = before_and_after[0]
        if key != before_and_after[-1]:
            msg = f"{where}: an item cannot change its key ({', '.join(keys)}); that is a REMOVE and an INSERT"
            raise OptionError(msg)
        shown = {name: image for name, image in images.items() if view in ("NEW_AND_OLD_IMAGES", _VIEW_OF[name])}
        return {
            "eventID": self._ids.hex(32),
            "eventName": "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": region_of(stream),
            "dynamodb": {
                "ApproximateCreationDateTime": milliseconds(at) // 1000,
                "Keys": key,
                **shown,
                "SequenceNumber": self._ids.sequence_number(4421584500000000017450439091),
                "SizeBytes": size_of(key) + sum(map(size_of, shown.values())),
                "StreamViewType": view,
            },
            "eventSourceARN": stream,
        }


def _key_of(image: Image, keys: Sequence[str], where: str) -> Image:
    if missing := [name for name in keys if name not in image]:
        msg = f"{where}: the item has no {', '.join(missing)}; keys= names the attributes that are the table's key"
        raise OptionError(msg)
    return {name: image[name] for name in keys}
