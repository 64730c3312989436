"""A subsegment of X-Ray, as `traced` and `span` see it."""

from __future__ import annotations

import os
import re
import time
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from aws_xray_sdk.core.models.throwable import Throwable  # type: ignore[import-untyped]

from ._xray_context import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ._xray_context import Entity, Place

_MOST_CAUSES = 10
_MOST_OF_ANNOTATION = 1_000  # characters; "Annotations" in the AWS X-Ray Developer Guide, "Segment documents"
_MOST_OF_NAME = 200

_NOT_IN_NAME = re.compile(r"[^\w\s.:/%&#=+\\\-@]+")
_NOT_IN_KEY = re.compile(r"[^a-zA-Z0-9_]")


class XRaySpan:
    """One subsegment.

    Args:
        entity: The SDK's.
        around: The place of its parent.
        send: Sends it when it has ended.
        stack: How many frames of an error's stack are told: the innermost ones.
    """

    __slots__ = ("_around", "_entity", "_send", "_stack")

    def __init__(self, entity: Entity, around: Place | None, send: Callable[[Entity], None], stack: int) -> None:
        self._entity = entity
        self._around = around
        self._send = send
        self._stack = stack

    def set(self, /, **attributes: object) -> None:
        """Put annotations, which X-Ray can search by; lists become metadata."""
        annotate(self._entity, attributes)

    def event(self, name: str, /, **attributes: object) -> None:
        """X-Ray has no events: they are kept as metadata, with the time."""
        if self._entity.in_progress:
            events = self._entity.metadata.setdefault("default", {}).setdefault("events", [])
            events.append({"name": name, "time": time.time(), "attributes": attributes})

    def fail(self, reason: BaseException | str, /) -> None:
        """Set the flag of a fault, and put the error and its causes."""
        if self._entity.in_progress:
            error = reason if isinstance(reason, BaseException) else _Failure(reason)
            self._entity.add_fault_flag()
            self._entity.cause = self._cause(error)

    def enter(self) -> Place | None:
        """Make it the current subsegment."""
        before = place.get()
        place.set((self._entity, self._around))
        return before

    def leave(self, before: Place | None, /) -> None:
        """Set back what was current."""
        place.set(before)

    def end(self, error: BaseException | None = None, /) -> None:
        """End it, and send it."""
        if not self._entity.in_progress:
            return
        if error is not None:
            self.fail(error)
        self._entity.close()
        self._send(self._entity)

    def _cause(self, error: BaseException) -> str | dict[str, object]:
        """The error and its causes; where a subsegment of this invocation tells them already, the id of it there."""
        told: dict[int, tuple[BaseException, str]] = self._entity.parent_segment.__dict__.setdefault("told_errors", {})
        if id(error) in told:
            return told[id(error)][1]
        throwables: list[Any] = []
        for cause in _causes(error):
            throwable = Throwable(cause, extract_tb(cause.__traceback__, limit=-self._stack))
            if throwables:
                throwables[-1].cause = throwable.id
            throwables.append(throwable)
            told[id(cause)] = (cause, throwable.id)
        return {"working_directory": os.getcwd(), "exceptions": throwables}  # noqa: PTH109 - as the SDK has it


class _Failure(Exception):  # noqa: N818 - X-Ray shows the name
    """What stands in X-Ray for a failure that is told in words."""


_Failure.__name__ = "Failure"


def _causes(error: BaseException | None) -> Iterator[Any]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(seen) < _MOST_CAUSES:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def annotate(entity: Entity, attributes: Mapping[str, object]) -> None:
    """Put attributes: as annotations, where X-Ray takes them as such."""
    if not entity.in_progress:
        return
    for name, value in attributes.items():
        if isinstance(value, bool | int | float):
            entity.annotations[key_of(name)] = value
        elif isinstance(value, list | tuple):
            entity.metadata.setdefault("default", {})[name] = list(value)
        elif value is not None:
            entity.annotations[key_of(name)] = str(value)[:_MOST_OF_ANNOTATION]


def key_of(name: str) -> str:
    """The key of an annotation: letters, digits and underscores."""
    return name if name.isidentifier() and name.isascii() else _NOT_IN_KEY.sub("_", name)


def name_of(name: str) -> str:
    """A name that X-Ray takes."""
    return _NOT_IN_NAME.sub("", name)[:_MOST_OF_NAME] or "span"
