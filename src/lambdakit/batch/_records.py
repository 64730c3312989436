"""The records of an event, and what is said when there are none to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit.errors import EventError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._source import Record


def records_of(
    event: Any, id_of: Callable[[Record], object], *, decorator: str, source: str, key: str
) -> Sequence[Record]:
    """The list under `Records`, each of which has an id.

    Args:
        event: The event.
        id_of: Gives the id of a record; KeyError and TypeError mean that it has none.
        decorator: Who asks.
        source: The service that the event should be from, as `source_of` names it.
        key: What the id is called there.

    Raises:
        EventError: The event is another one, or a record has no id.
    """
    records: Any = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        msg = f"{decorator} expected an event from {source}, an object with a list of 'Records'; "
        raise EventError(msg + came(event, records, source))
    try:
        complete = all(map(id_of, records))
    except (KeyError, TypeError, IndexError, ValueError):
        complete = False
    if not complete:
        msg = f"{decorator} expected records with a '{key}' each, by which a failure can be told; "
        raise EventError(f"{msg}{came(event, records, source)}. Nothing was processed.")
    return records


def came(event: Any, records: Any, expected: str, *, key: str = "Records") -> str:
    """Say what came instead of an event of the expected source, for an error message; never a value of it."""
    from lambdakit._payload import source_of  # noqa: PLC0415 - only where something is wrong already

    source = source_of(event)
    if source is not None and source != expected:
        return f"this is an event of {source}"
    if not isinstance(event, dict):
        return f"got {type(event).__name__}"
    if key not in event:
        return f"there is no '{key}'"
    if not isinstance(records, list):
        return f"'{key}' is {'null' if records is None else type(records).__name__}"
    return "at least one has none"
