"""How a record is an item of DynamoDB: its keys, the names of its attributes, its size."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, TypedDict

from lambdakit.errors import OptionError, StoreError
from lambdakit.idempotency._store import StoredRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

ITEM_LIMIT = 409_600
"""Bytes that an item may have: 400 KB, with the names of its attributes."""

_OWNER, _FINGERPRINT = 32, 64  # characters at most, by the protocol
_NUMBER = 10  # bytes of a time at most: half a byte for each of 16 digits, one more, and one if they are not aligned


class AttributeNames(TypedDict, total=False):
    """What the attributes of a record are called in the table; those that are left out are called as they are here."""

    owner: str
    """A string: whose record it is."""
    fingerprint: str
    """A string: of the payload."""
    result: str
    """A string: what the function gave. A running record has none."""
    stands_until: str
    """A number, seconds since the epoch: when the lock of a running record ends, or a completed one expires."""
    expiration: str
    """A number, whole seconds since the epoch: the table's time-to-live attribute."""


class Items:
    """The items of one table.

    Args:
        table: Its name, for messages.

    The others are options of `DynamoDBStore`.

    Raises:
        OptionError: A name is not one, or two attributes have the same.
    """

    def __init__(
        self, table: str, *, partition_key: str, sort_key: str | None, sort_value: str, attributes: AttributeNames
    ) -> None:
        names = _checked_names(partition_key, sort_key, attributes)
        self._table = table
        self._names = names
        self._partition_key = partition_key
        self._sort = {} if sort_key is None else {sort_key: text(sort_value)}
        # DynamoDB refuses names that an expression does not use.
        self.names_to_claim = {f"#{ours}": theirs for ours, theirs in names.items()} | {"#key": partition_key}
        self.names_to_complete = _without(self.names_to_claim, "#key", "#fingerprint")
        self.names_to_release = _without(self.names_to_complete, "#stands_until", "#expiration")
        sort = () if sort_key is None else (sort_key, sort_value)
        self._fixed_size = _OWNER + _FINGERPRINT + 2 * _NUMBER + _size(partition_key, *sort, *names.values())

    @property
    def keys(self) -> str:
        """What the keys of the table must be, in words."""
        sort_key = f"the sort key {next(iter(self._sort))!r}" if self._sort else "no sort key"
        return f"the partition key {self._partition_key!r} and {sort_key}, both strings"

    def key(self, key: str) -> dict[str, dict[str, str]]:
        """The `Key` of a record."""
        return {self._partition_key: text(key), **self._sort}

    def size(self, key: str, result: str) -> int:
        """The bytes of a completed record, with everything else at its largest.

        See "DynamoDB item sizes and formats" in the Amazon DynamoDB Developer Guide.
        """
        return self._fixed_size + _size(key, result)

    def record(self, item: Mapping[str, Any], now: float) -> StoredRecord:
        """What an item says.

        Raises:
            StoreError: It is no record.
        """
        names = self._names
        try:
            return StoredRecord(
                owner=item[names["owner"]]["S"],
                fingerprint=item[names["fingerprint"]]["S"],
                result=item[names["result"]]["S"] if names["result"] in item else None,
                left=float(item[names["stands_until"]]["N"]) - now,
            )
        except KeyError as error:
            msg = (
                f"DynamoDBStore: an item in table {self._table!r} is no record: it has no attribute {error}, or not as "
                "it must be. Something else has written it, or a store with other `attributes`."
            )
            raise StoreError(msg) from error


def text(value: str) -> dict[str, str]:
    """A string as DynamoDB has it."""
    return {"S": value}


def exact_time(seconds: float) -> dict[str, str]:
    """A time, in microseconds: as exact as a float is."""
    return {"N": f"{seconds:.6f}"}


def whole_time(seconds: float) -> dict[str, str]:
    """A time as the sweeper of a table wants it; never before the exact one."""
    return {"N": str(ceil(seconds))}


def _checked_names(partition_key: object, sort_key: object, attributes: object) -> dict[str, str]:
    """The names of all attributes but the keys."""
    names = {name: name for name in AttributeNames.__annotations__}
    if not isinstance(attributes, dict) or not attributes.keys() <= names.keys():
        msg = f"DynamoDBStore: attributes is a dict with any of the keys {', '.join(names)}, not {attributes!r}"
        raise OptionError(msg)
    names |= attributes
    used = [partition_key, *([] if sort_key is None else [sort_key]), *names.values()]
    for name in used:
        if not (isinstance(name, str) and name):
            msg = f"DynamoDBStore: the name of an attribute is a string that is not empty, not {name!r}"
            raise OptionError(msg)
        if used.count(name) > 1:
            msg = f"DynamoDBStore: two attributes cannot both be called {name!r}; rename one by `attributes`"
            raise OptionError(msg)
    return names


def _without(names: Mapping[str, str], *left_out: str) -> dict[str, str]:
    return {name: value for name, value in names.items() if name not in left_out}


def _size(*texts: str) -> int:
    return sum(len(text) if text.isascii() else len(text.encode()) for text in texts)
