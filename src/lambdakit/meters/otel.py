"""`OTelMeter`: metrics of OpenTelemetry."""

from __future__ import annotations

import logging
import re
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

from lambdakit._configurable import called_at
from lambdakit._extras import extra
from lambdakit.errors import OptionError

with extra("otel", needed_by="OTelMeter"):
    from opentelemetry.metrics import Counter, Histogram, MeterProvider, get_meter_provider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdakit.metering import Series, Unit

_log = logging.getLogger("lambdakit.metering")

_ODD = {
    "None": "",
    "Count": "{count}",
    "Percent": "%",
    "Seconds": "s",
    "Milliseconds": "ms",
    "Microseconds": "us",
    "Count/Second": "{count}/s",
}
_SIZES = {"": "", "Kilo": "k", "Mega": "M", "Giga": "G", "Tera": "T"}


class OTelMeter:
    """Metrics of OpenTelemetry, for `measured(meter=...)`.

    What is counted adds to a counter; what is recorded or timed goes into a histogram. The namespace is the name of
    the meter, dimensions are attributes, and units are those of UCUM: `ms`, `By`. OpenTelemetry's names have letters,
    digits and `_ . - /` and start with a letter: any other character becomes `_`, and `metric_` goes before a first
    one that is no letter; the SDK for Python writes all in small letters. Properties and high resolution have no place
    in OpenTelemetry, and are left out.

    A provider that exports to something which sees many sandboxes is best set to delta temporality
    (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`): each sandbox counts for itself, and ends untold.

    Args:
        provider: Your meter provider. Default: the global one, at the time that metrics are handed on.
        flush_within: Seconds that an invocation may take longer to send its metrics, by the provider's `force_flush`;
            at most what is left of its time, less a quarter of a second. What takes longer goes on beside the next
            invocation.

    Raises:
        MissingExtraError: opentelemetry-sdk is not installed.
        OptionError: An option has a value that it cannot have.

    Limitations:
        Metrics are handed on when the invocation ends, so that exemplars do not tell the span that they were recorded
        in. No failure of a receiver reaches the handler; the exporter logs it.
    """

    def __init__(self, provider: MeterProvider | None = None, *, flush_within: float = 1.0) -> None:
        problem = None
        if provider is not None and not hasattr(provider, "get_meter"):
            problem = f"provider: expected a meter provider of OpenTelemetry, got {provider!r}"
        elif type(flush_within) not in (int, float) or not 0 <= flush_within <= 900:
            problem = f"flush_within: expected seconds, from 0 to 900, got {flush_within!r}"
        if problem:
            msg = f"{called_at('OTelMeter').removeprefix('@')}: {problem}"
            raise OptionError(msg)
        self._provider = provider
        self._flush_within = flush_within
        self._instruments: dict[object, Counter | Histogram] = {}
        self._lock = threading.Lock()
        self._sending: threading.Thread | None = None

    def export(self, namespace: str, series: Sequence[Series], /) -> None:
        """Add what was recorded to the provider's instruments."""
        provider = self._provider or get_meter_provider()
        for one in series:
            instrument = self._instrument(provider, namespace, one)
            attributes = dict(one.labels.dimensions)
            for value in one.values:
                if isinstance(instrument, Counter):
                    instrument.add(value, attributes)
                else:
                    instrument.record(value, attributes)

    def flush(self, seconds: float, /) -> None:
        """Have the provider send what it has, and wait for it as long as there is time.

        Args:
            seconds: How long the invocation can still last.
        """
        flush: Any = getattr(self._provider or get_meter_provider(), "force_flush", None)
        within = min(self._flush_within, seconds)
        if flush is None or within <= 0:  # the API alone has nothing that could be sent
            return
        until = monotonic() + within
        while True:
            thread, is_ours = self._start(flush, within * 1000)
            thread.join(max(0.0, until - monotonic()))
            if thread.is_alive() and is_ours:
                _log.warning("metrics took longer to send than the %g s that there were", within)
            elif thread.is_alive():
                _log.warning("metrics were not sent: those of an earlier invocation are still under way")
            if is_ours or thread.is_alive():
                return

    def _start(self, flush: Any, milliseconds: float) -> tuple[threading.Thread, bool]:
        """Send in a thread, since an exporter heeds its own time-out; or give the one that still sends, if one does."""
        with self._lock:
            if self._sending is not None and self._sending.is_alive():
                return self._sending, False
            self._sending = threading.Thread(
                target=_flush, args=(flush, milliseconds), name="lambdakit-metrics", daemon=True
            )
            self._sending.start()
            return self._sending, True

    def _instrument(self, provider: MeterProvider, namespace: str, series: Series) -> Counter | Histogram:
        key = (provider, namespace, series.name, series.kind.unit, series.kind.is_count)
        with self._lock:
            found = self._instruments.get(key)
            if found is None:
                meter, name, unit = provider.get_meter(namespace), _name_of(series.name), _unit_of(series.kind.unit)
                make: Any = meter.create_counter if series.kind.is_count else meter.create_histogram
                found = self._instruments[key] = make(name, unit=unit)
        return found


def _flush(flush: Any, milliseconds: float) -> None:
    try:
        flush(milliseconds)
    except Exception:  # noqa: BLE001 - a receiver that is not there is no reason to fail
        _log.exception("metrics could not be sent")


def _name_of(name: str) -> str:
    name = re.sub(r"[^-_./A-Za-z0-9]", "_", name)
    return (name if name[0].isalpha() else f"metric_{name}")[:255]


def _unit_of(unit: Unit) -> str:
    """The unit as UCUM has it: see "Instrument Units" of OpenTelemetry's semantic conventions."""
    if unit in _ODD:
        return _ODD[unit]
    what, per, _ = unit.partition("/")
    size = what.removesuffix("ytes").removesuffix("its")
    kind = "By" if what.lower().endswith("bytes") else "bit"
    return f"{_SIZES[size[:-1]]}{kind}{'/s' if per else ''}"
