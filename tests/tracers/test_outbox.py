"""What waits to be sent by OTLP: sent in requests of a size, and never more of it than is said."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from lambdakit.tracers._outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan


class Recorder(SpanExporter):
    """Remembers how many spans came in each request; may be made to wait, or to fail."""

    def __init__(self) -> None:
        self.requests: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.fails: Exception | None = None
        self.result = SpanExportResult.SUCCESS

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.go_on.wait(60)
        if self.fails is not None:
            raise self.fails
        self.requests.append(len(spans))
        return self.result


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def outbox_and_spans(recorder: Recorder, most: int = 100, at_once: int = 100, **options: Any) -> tuple[Outbox, Any]:
    outbox = Outbox(lambda: recorder, most=most, at_once=at_once)
    provider = TracerProvider(shutdown_on_exit=False, **options)
    provider.add_span_processor(outbox)
    tracer = provider.get_tracer("test")

    def end(count: int) -> None:
        for number in range(count):
            tracer.start_span(str(number)).end()

    return outbox, end


def test_nothing_is_sent_before_it_is_asked_for(recorder: Recorder) -> None:
    outbox, end = outbox_and_spans(recorder)
    assert outbox.is_empty
    end(3)
    assert recorder.requests == []
    assert not outbox.is_empty
    assert outbox.force_flush()
    assert recorder.requests == [3]
    assert outbox.is_empty
    assert outbox.sent == 3


def test_when_there_is_enough_for_a_request_it_is_sent_at_once(recorder: Recorder) -> None:
    outbox, end = outbox_and_spans(recorder, at_once=10)
    end(25)
    assert outbox.force_flush()
    assert sum(recorder.requests) == 25
    assert max(recorder.requests) <= 10


def test_what_comes_when_it_is_full_is_lost_and_counted(recorder: Recorder) -> None:
    recorder.go_on.clear()
    outbox, end = outbox_and_spans(recorder, most=10, at_once=10)
    end(40)
    recorder.go_on.set()
    assert outbox.force_flush()
    lost, why = outbox.take_losses()
    assert lost + sum(recorder.requests) == 40
    assert 20 <= lost <= 30
    assert why == "more than 10 spans were waiting to be sent"
    assert outbox.take_losses()[0] == 0


def test_a_flush_does_not_wait_for_longer_than_it_may(recorder: Recorder) -> None:
    recorder.go_on.clear()
    outbox, end = outbox_and_spans(recorder)
    end(1)
    assert not outbox.force_flush(1)
    end(1)
    recorder.go_on.set()
    assert outbox.force_flush()
    assert sum(recorder.requests) == 2


@pytest.mark.parametrize("fails", [True, False])
def test_what_the_exporter_cannot_send_is_lost_and_counted(recorder: Recorder, fails: bool) -> None:
    outbox, end = outbox_and_spans(recorder)
    recorder.fails = OSError("no network") if fails else None
    recorder.result = SpanExportResult.FAILURE
    end(2)
    assert outbox.force_flush()
    assert outbox.take_losses() == (2, "OSError: no network" if fails else "the exporter does not say why")
    assert outbox.sent == 0


def test_what_is_not_sampled_does_not_come_in(recorder: Recorder) -> None:
    outbox, end = outbox_and_spans(recorder, sampler=ALWAYS_OFF)
    end(3)
    assert outbox.is_empty


def test_after_a_fork_what_waited_is_left_to_the_parent(recorder: Recorder) -> None:
    outbox, end = outbox_and_spans(recorder)
    end(3)
    outbox.forget()
    end(1)
    assert outbox.force_flush()
    assert recorder.requests == [1]


def test_a_shutdown_sends_what_is_left(recorder: Recorder) -> None:
    outbox, end = outbox_and_spans(recorder)
    end(2)
    outbox.shutdown()
    assert recorder.requests == [2]
