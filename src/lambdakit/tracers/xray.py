"""`XRayTracer`: subsegments of AWS X-Ray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdakit._extras import extra
from lambdakit.errors import OptionError

with extra("xray", needed_by="XRayTracer"):
    from aws_xray_sdk.core import patch as patch_modules  # type: ignore[import-untyped]
    from aws_xray_sdk.core import xray_recorder
    from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter  # type: ignore[import-untyped]
    from aws_xray_sdk.core.models.subsegment import Subsegment  # type: ignore[import-untyped]

from lambdakit.tracing._span import NOTHING

from ._xray_context import TaskContext, facade, is_subsegment, place
from ._xray_emitter import LimitedEmitter
from ._xray_span import XRaySpan, annotate, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lambdakit.tracing import Span, SpanUnderWay, Work

    from ._xray_context import Entity, Place

_TOLD_BY_LAMBDA = ("faas.invocation_id", "cloud.resource_id", "cloud.account.id", "aws.lambda.invoked_arn")
"""What Lambda's own segment says, so that it need not count towards the 50 annotations of a trace."""


class XRayTracer:
    """Subsegments of X-Ray, for `traced(tracer=...)`; `LAMBDAKIT_TRACER=xray` makes one with no arguments.

    Lambda makes the segment of an invocation itself, where active tracing is switched on. What is beneath it is sent
    to the daemon that Lambda runs beside the function, one document for each subsegment, when it ends. Where the
    trace is not sampled, nothing is recorded.

    Attributes become annotations, by which X-Ray can search. Their names may hold letters, digits and underscores
    there, so anything else in them becomes an underscore. Lists and events become metadata.

    It uses the global recorder of the SDK, so `xray_recorder` and the SDK's patches work beneath it. That recorder
    gets a context of lambdakit's, which keeps asyncio's tasks apart, and, unless another one was configured, an
    emitter that makes documents smaller where they would be lost.

    Args:
        patch: Libraries that the SDK is to patch, so that their calls have subsegments: `("botocore",)`. None is
            patched unless you ask.

    Raises:
        MissingExtraError: aws-xray-sdk is not installed.
        OptionError: `patch` names no library that the SDK can patch.

    Limitations:
        The SDK is in maintenance, and gets no releases after February 2027; AWS recommends OpenTelemetry.
        A trace has 50 annotations at the most, and a document 64 kB: of a larger one, metadata are dropped first, and
        then stacks.
    """

    flushes = False
    """Documents are sent as datagrams, one by one, so there is nothing to wait for."""

    def __init__(self, *, patch: Sequence[str] = ()) -> None:
        self._recorder: Any = xray_recorder
        if type(self._recorder.emitter) is UDPEmitter:
            self._recorder.emitter = LimitedEmitter(self._recorder.emitter)
        self._recorder.context = TaskContext(
            self._send
        )  # not by configure(), which makes a client of boto3 outside Lambda
        if patch:
            if isinstance(patch, str):
                msg = f"XRayTracer: patch takes names of libraries, as in patch=({patch!r},), not {patch!r}"
                raise OptionError(msg)
            try:
                patch_modules(tuple(patch))
            except Exception as error:
                msg = f"XRayTracer: the X-Ray SDK cannot patch all of {', '.join(patch)}: {error}"
                raise OptionError(msg) from error

    def begin(self, work: Work, /) -> SpanUnderWay:
        """Start the subsegment of an invocation, beneath Lambda's segment; or of a record, beneath the current one."""
        around = place.get()
        if around is None or work.invocation is not None:
            around = (facade(), None)  # made anew each time: a retry has the same trace, and another parent
        attributes = {name: value for name, value in work.attributes.items() if name not in _TOLD_BY_LAMBDA}
        return self._started(work.name, attributes, around)

    def start(self, name: str, attributes: Mapping[str, object], /) -> SpanUnderWay:
        """Start a subsegment beneath the current one."""
        return self._started(name, attributes, place.get() or (facade(), None))

    def current(self) -> Span:
        """The current subsegment."""
        here = place.get()
        return NOTHING if here is None or not _is_recorded(here[0]) else self._span(here[0], here[1])

    def log_fields(self) -> Mapping[str, object]:
        """The trace id as X-Ray writes it, `1-5759e988-...`, and the id of the current subsegment."""
        here = place.get()
        if here is None:
            return {}
        entity = here[0]
        if is_subsegment(entity):
            return {"trace_id": entity.trace_id, "span_id": entity.id}
        return {"trace_id": entity.trace_id} if hasattr(entity, "initializing") else {}

    def flush(self, _remaining: float, /) -> None:
        """Nothing waits to be sent."""

    def _started(self, name: str, attributes: Mapping[str, object], around: Place) -> SpanUnderWay:
        parent = around[0]
        if not parent.sampled:
            return _Unsampled(around)
        segment = getattr(parent, "parent_segment", parent)
        entity = Subsegment(name_of(name), "local", segment)
        entity.parent_id = parent.id
        annotate(entity, attributes)
        return self._span(entity, around)

    def _span(self, entity: Entity, around: Place | None) -> XRaySpan:
        return XRaySpan(entity, around, self._send, self._recorder.max_trace_back)

    def _send(self, entity: Entity) -> None:
        if entity.sampled:
            self._recorder.emitter.send_entity(entity)


def _is_recorded(entity: Entity) -> bool:
    return bool(entity.sampled) and is_subsegment(entity)


class _Unsampled:
    """A span of a trace that is not recorded. What is beneath it is not recorded either."""

    __slots__ = ("_around",)

    def __init__(self, around: Place) -> None:
        self._around = around

    def set(self, /, **_attributes: object) -> None:
        pass

    def event(self, _name: str, /, **_attributes: object) -> None:
        pass

    def fail(self, _reason: BaseException | str, /) -> None:
        pass

    def enter(self) -> Place | None:
        before = place.get()
        place.set(self._around)
        return before

    def leave(self, before: Place | None, /) -> None:
        place.set(before)

    def end(self, _error: BaseException | None = None, /) -> None:
        pass
