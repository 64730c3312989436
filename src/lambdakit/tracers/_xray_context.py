"""Which subsegment is the current one: a context variable, where the SDK has the thread.

Under asyncio the SDK's own context nests siblings in one another, and it parses the trace header several times for each
subsegment. Here, each task and each record has its own; what instrumentation of the SDK starts (botocore's) is
beneath it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from aws_xray_sdk.core.lambda_launcher import LambdaContext  # type: ignore[import-untyped]
from aws_xray_sdk.core.models.dummy_entities import DummySegment  # type: ignore[import-untyped]
from aws_xray_sdk.core.models.facade_segment import FacadeSegment  # type: ignore[import-untyped]

from lambdakit import _env
from lambdakit.tracing import _trace_header

if TYPE_CHECKING:
    from collections.abc import Callable

Entity = Any
"""A segment or subsegment of the SDK, which has no types."""

Place = tuple[Entity, "Place | None"]
"""An entity, and the place that is current again when it has ended."""

place: ContextVar[Place | None] = ContextVar("lambdakit_xray", default=None)


class TaskContext(LambdaContext):  # type: ignore[misc]
    """Where the SDK's recorder finds the current subsegment, and puts those that it starts.

    Args:
        send: Sends a subsegment that has ended.
    """

    def __init__(self, send: Callable[[Entity], None]) -> None:
        super().__init__()
        self._send = send

    def get_trace_entity(self) -> Entity:
        """The current one; where there is none, the segment that Lambda has made for the invocation."""
        here = place.get()
        return facade() if here is None else here[0]

    def put_subsegment(self, subsegment: Entity) -> None:
        """Make a new subsegment the current one."""
        here = place.get()
        subsegment.parent_id = (facade() if here is None else here[0]).id
        place.set((subsegment, here))

    def end_subsegment(self, end_time: Any = None) -> bool:
        """End the current subsegment, and send it. The recorder has nothing left to do then, which False tells it."""
        here = place.get()
        if here is not None and is_subsegment(here[0]):
            place.set(here[1])
            here[0].close(end_time)
            self._send(here[0])
        return False

    def set_trace_entity(self, trace_entity: Entity) -> None:
        """Make this the current one, for code of the user's that carries it into a thread."""
        place.set((trace_entity, None))

    def clear_trace_entities(self) -> None:
        """Let there be no current one."""
        place.set(None)


def is_subsegment(entity: Entity) -> bool:
    """Whether it is ours to tell something of, and not Lambda's own segment."""
    return hasattr(entity, "parent_segment")


def facade() -> Entity:
    """What stands for the segment that Lambda has made for this invocation, as its trace header tells."""
    header = _trace_header.read(_env.trace_header())
    if header is None or header.sampled is None:
        return DummySegment()
    return FacadeSegment(name="facade", traceid=header.root, entityid=header.parent, sampled=header.sampled)
