"""`OTelMeter`: the same calls, as metrics of OpenTelemetry, in memory and at a real receiver of OTLP."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
    PeriodicExportingMetricReader,
)

from lambdakit import MetricError, OptionError, measured, metrics, sqs_batch
from lambdakit._counted import counted
from lambdakit.metering import Unit
from lambdakit.meters import OTelMeter
from lambdakit.testing import FakeContext
from tests.layers import taking_any
from tests.meters.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdakit.testing import CapturedMetrics, Events
    from tests.conftest import AsKind
    from tests.meters.receiver import Receiver

Point: TypeAlias = "tuple[str, str, str, dict[str, object], tuple[float, ...]]"

DELTA: dict[type, AggregationTemporality] = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)


class InMemory:
    """A provider whose metrics stay here."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)

    def points(self) -> list[Point]:
        """Meter, name, unit, attributes, and the sum; of a histogram also the count, the least and the largest."""
        data = self.reader.get_metrics_data()
        return [
            (scope.scope.name, metric.name, metric.unit or "", dict(point.attributes or {}), _values_of(point))
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        ]


def _values_of(point: Any) -> tuple[float, ...]:
    if isinstance(point, NumberDataPoint):
        return (point.value,)
    assert isinstance(point, HistogramDataPoint)
    return (point.sum, point.count, point.min, point.max)


@pytest.fixture
def memory() -> Iterator[InMemory]:
    made = InMemory()
    yield made
    made.provider.shutdown()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def sending(receiver: Receiver) -> Iterator[Callable[..., MeterProvider]]:
    """Makes a provider that sends to the receiver, and to nothing else on its own."""
    made: list[MeterProvider] = []

    def make(**options: Any) -> MeterProvider:
        exporter = OTLPMetricExporter(endpoint=receiver.url, preferred_temporality=DELTA, **options)
        never = PeriodicExportingMetricReader(exporter, export_interval_millis=float("inf"))
        made.append(MeterProvider([never], shutdown_on_exit=False))
        return made[-1]

    yield make
    receiver.answers.set()
    for provider in made:
        provider.shutdown()


def test_the_same_calls_make_counters_and_histograms(
    as_kind: AsKind, memory: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    @measured(namespace="Shop", service="orders", meter=OTelMeter(memory.provider))
    @as_kind
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        metrics.count("Charged", 2, dimensions={"Currency": "EUR"})
        metrics.add_properties(order=7)
        metrics.record("Size", 12.5, unit="Kilobytes")
        metrics.record("Size", 2, unit="Kilobytes")
        with metrics.timer("Charge"):
            pass

    for _ in range(2):
        handler({}, FakeContext())
    points = sorted(memory.points(), key=repr)
    orders = {"service": "orders"}
    assert [point[:4] for point in points] == [
        ("Shop", "charge", "ms", orders),
        ("Shop", "charged", "{count}", {**orders, "Currency": "EUR"}),
        ("Shop", "charged", "{count}", orders),
        ("Shop", "size", "kBy", orders),
    ]
    assert [point[4] for point in points[1:]] == [(4,), (2,), (29, 4, 2, 12.5)]
    assert points[0][4][1] == 2
    assert capsys.readouterr().out == ""


def test_what_a_real_exporter_sends_arrives_before_the_answer(
    as_kind: AsKind, receiver: Receiver, sending: Callable[..., MeterProvider]
) -> None:
    @measured(namespace="Shop", service="orders", meter=OTelMeter(sending(), flush_within=30))
    @as_kind
    def handler(event: Any, context: Any) -> str:
        metrics.count("Charged", 3, dimensions={"Currency": "EUR"})
        metrics.record("Latency", 12.5, unit="Milliseconds")
        metrics.record("Latency", 7.5, unit="Milliseconds")
        return "done"

    for number in (1, 2):
        assert handler({}, FakeContext(timeout=60)) == "done"
        assert len(receiver.requests) == number
    found = receiver.metrics()
    assert [(meter, metric.name, metric.unit) for meter, metric in found] == [
        ("Shop", "charged", "{count}"),
        ("Shop", "latency", "ms"),
    ] * 2
    (charged,) = found[0][1].sum.data_points
    assert charged.as_int == 3
    assert {pair.key: pair.value.string_value for pair in charged.attributes} == {
        "service": "orders",
        "Currency": "EUR",
    }
    (latency,) = found[1][1].histogram.data_points
    assert (latency.count, latency.sum, latency.min, latency.max) == (2, 20.0, 7.5, 12.5)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_sent_though_the_handler_raises(
    as_kind: AsKind,
    receiver: Receiver,
    sending: Callable[..., MeterProvider],
    error: type[BaseException],
) -> None:
    @measured(meter=OTelMeter(sending(), flush_within=30))
    @as_kind
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        raise error

    with pytest.raises(error):
        handler({}, None)
    assert [metric.name for _, metric in receiver.metrics()] == ["charged"]


def test_a_receiver_that_does_not_answer_holds_up_no_invocation(
    as_kind: AsKind,
    receiver: Receiver,
    sending: Callable[..., MeterProvider],
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.answers.clear()

    @measured(meter=OTelMeter(sending(timeout=60), flush_within=0.05))
    @as_kind
    def handler(event: Any, context: Any) -> str:
        metrics.count("Charged")
        return "done"

    assert handler({}, None) == "done"
    assert receiver.asked.wait(30)
    assert handler({}, None) == "done"
    assert [message for message in caplog.messages if message.startswith("metrics ")] == [
        "metrics took longer to send than the 0.05 s that there were",
        "metrics were not sent: those of an earlier invocation are still under way",
    ]
    receiver.answers.set()


def test_it_takes_no_more_than_the_time_that_is_left(memory: InMemory, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[float] = []

    class Provider(MeterProvider):
        def force_flush(self, timeout_millis: float = 0) -> bool:
            asked.append(timeout_millis)
            return True

    provider = Provider(shutdown_on_exit=False)
    handler = measured(meter=OTelMeter(provider, flush_within=5))(taking_any(lambda event, context: None))
    for timeout in (60, 2, 0.25, 0.1):
        handler({}, FakeContext(timeout=timeout))
    assert asked == [5_000, 1_750]
    assert caplog.messages == ["metrics were not sent: no time was left"] * 2


def test_no_failure_to_send_reaches_the_handler(
    as_kind: AsKind,
    receiver: Receiver,
    sending: Callable[..., MeterProvider],
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.status = 400
    handler = measured(meter=OTelMeter(sending(), flush_within=30))(
        as_kind(lambda event, context: metrics.count("Charged"))
    )
    handler({}, None)
    assert len(receiver.requests) == 1


def test_a_provider_that_fails_is_told_in_the_log(as_kind: AsKind, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MeterProvider):
        def force_flush(self, timeout_millis: float = 0) -> bool:
            raise RuntimeError("no")

        def get_meter(self, *args: Any, **options: Any) -> Any:
            raise RuntimeError("no")

    @measured(meter=OTelMeter(Broken(shutdown_on_exit=False)))
    @as_kind
    def handler(event: Any, context: Any) -> str:
        metrics.count("Charged")
        return "done"

    assert handler({}, None) == "done"
    assert caplog.messages == ["1 metric(s) could not be written", "metrics could not be sent"]


def test_without_an_sdk_nothing_is_sent_and_nothing_fails(as_kind: AsKind) -> None:
    @measured(meter=OTelMeter(NoOpMeterProvider()))
    @as_kind
    def handler(event: Any, context: Any) -> str:
        metrics.count("Charged")
        metrics.record("Size", 1)
        return "done"

    assert handler({}, None) == "done"


def test_the_global_provider_is_that_which_is_set_when_metrics_are_handed_on() -> None:
    code = """
from lambdakit import measured, metrics
from lambdakit.meters import OTelMeter

@measured(namespace="Shop", meter=OTelMeter())
def handler(event, context):
    metrics.count("Charged")

handler({}, None)
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
set_meter_provider(MeterProvider([reader]))
handler({}, None)
print([metric.name for metric in reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['charged']\n"
    assert done.stderr == ""


@pytest.mark.parametrize("unit", get_args(Unit))
def test_every_unit_has_its_name_in_ucum(unit: Unit, memory: InMemory) -> None:
    handler = measured(meter=OTelMeter(memory.provider))(
        taking_any(lambda event, context: metrics.record("Size", 1, unit=unit))
    )
    handler({}, None)
    ((_, _, found, _, _),) = memory.points()
    known = {
        "None": "",
        "Count": "{count}",
        "Percent": "%",
        "Seconds": "s",
        "Milliseconds": "ms",
        "Microseconds": "us",
        "Bytes": "By",
        "Megabytes": "MBy",
        "Terabits": "Tbit",
        "Count/Second": "{count}/s",
        "Bits/Second": "bit/s",
        "Kilobytes/Second": "kBy/s",
    }
    assert found == known.get(unit, found)
    assert bool(found) is (unit != "None")
    assert found.endswith("/s") is unit.endswith("/Second")


@pytest.mark.parametrize(
    ("name", "found"),
    [("Orders charged!", "orders_charged_"), ("5xx", "metric_5xx"), ("a.b/c-d_e", "a.b/c-d_e"), ("1" * 255, None)],
)
def test_a_name_is_made_one_of_opentelemetry(name: str, found: str | None, memory: InMemory) -> None:
    handler = measured(meter=OTelMeter(memory.provider))(taking_any(lambda event, context: metrics.count(name)))
    handler({}, None)
    assert [point[1] for point in memory.points()] == [found or f"metric_{'1' * 248}"]


def test_what_is_wrong_is_wrong_here_too(memory: InMemory) -> None:
    def handler(event: Any, context: Any) -> None:
        metrics.count("Before")
        with pytest.raises(MetricError):
            metrics.record("Latency", float("nan"))

    measured(meter=OTelMeter(memory.provider))(handler)({}, None)
    assert [point[1] for point in memory.points()] == ["before"]


def test_records_in_threads_and_what_features_count_are_there(memory: InMemory, events: Events) -> None:
    @measured(namespace="Shop", meter=OTelMeter(memory.provider))
    @sqs_batch(concurrency=4)
    def handler(message: Any, context: Any) -> None:
        metrics.count("Charged", dimensions={"Body": message["body"]})
        counted("Own")

    handler(events.sqs(*"aabbb" * 4), FakeContext())
    found = {(name, str(attributes.get("Body"))): values for _, name, _, attributes, values in memory.points()}
    assert found == {("charged", "a"): (8,), ("charged", "b"): (12,), ("own", "None"): (20,)}


def test_many_threads_make_one_instrument(memory: InMemory, caplog: pytest.LogCaptureFixture) -> None:
    handler = measured(meter=OTelMeter(memory.provider))(taking_any(lambda event, context: metrics.count("Charged")))
    threads = [threading.Thread(target=handler, args=({}, None)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(point[1], point[4]) for point in memory.points()] == [("charged", (8,))]
    assert "created already" not in caplog.text


def test_of_two_invocations_at_once_each_sends_what_it_recorded() -> None:
    asked, release = threading.Event(), threading.Event()
    flushed: list[float] = []

    class Provider(MeterProvider):
        def force_flush(self, timeout_millis: float = 0) -> bool:
            asked.set()
            release.wait(30)
            flushed.append(timeout_millis)
            return True

    provider = Provider(shutdown_on_exit=False)
    handler = measured(meter=OTelMeter(provider, flush_within=30))(taking_any(lambda event, context: None))
    threads = [threading.Thread(target=handler, args=({}, None)) for _ in range(2)]
    threads[0].start()
    assert asked.wait(30)
    threads[1].start()
    release.set()
    for thread in threads:
        thread.join()
    assert len(flushed) == 2


def test_a_coroutine_that_is_closed_hands_on_what_it_recorded_and_waits_for_nothing(memory: InMemory) -> None:
    @measured(namespace="Shop", meter=OTelMeter(memory.provider))
    async def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        await asyncio.sleep(0)

    isolated = copy_context()
    coroutine = isolated.run(handler._start, {}, None)
    isolated.run(coroutine.send, None)
    isolated.run(coroutine.close)
    assert [(point[1], point[4]) for point in memory.points()] == [("charged", (1,))]


def test_a_test_captures_what_is_handed_on(memory: InMemory, captured_metrics: CapturedMetrics) -> None:
    def handler(event: Any, context: Any) -> None:
        metrics.add_properties(order=7)
        metrics.record("Size", 1.5, unit="Bytes", dimensions={"Kind": "a"})
        metrics.record("Size", 2.5, unit="Bytes", dimensions={"Kind": "a"})

    measured(namespace="Shop", meter=OTelMeter(memory.provider))(handler)({}, None)
    assert captured_metrics.values("Size", Kind="a") == [1.5, 2.5]
    assert (captured_metrics[0].unit, captured_metrics[0].namespace) == ("Bytes", "Shop")
    assert captured_metrics[0].properties == {"order": 7}
    assert [point[4][0] for point in memory.points()] == [4.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"provider": "otel"}, "provider: expected a meter provider of OpenTelemetry, got 'otel'"),
        ({"flush_within": -1}, "flush_within: expected seconds, from 0 to 900, got -1"),
        ({"flush_within": "1"}, "flush_within: expected seconds, from 0 to 900, got '1'"),
    ],
)
def test_a_wrong_option_is_told_when_it_is_made(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=rf"OTelMeter \(.*test_otel\.py, line \d+\): {message}"):
        OTelMeter(**options)


def test_dimension_sets_are_cloudwatchs_own(memory: InMemory) -> None:
    with pytest.raises(OptionError, match="dimension_sets are CloudWatch's own; a meter has none"):
        measured(meter=OTelMeter(memory.provider), dimension_sets=[["service"]])
