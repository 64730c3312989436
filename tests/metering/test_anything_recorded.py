"""Whatever is recorded is read back once, under its dimensions and in its unit, from lines that are valid."""

from __future__ import annotations

from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from lambdakit import MetricError, measured, metrics
from lambdakit.metering import Unit
from lambdakit.metering._rules import RESERVED
from lambdakit.testing import FakeContext, published_metrics
from tests.layers import taking_any
from tests.metering.emf import validated

if TYPE_CHECKING:
    from collections.abc import Callable

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
# Few of them, so that they meet, and odd ones.
NAMES = st.one_of(
    st.sampled_from("abcdefg"),
    st.text(PRINTABLE, min_size=1, max_size=20).filter(lambda name: not name.isspace()),
    st.sampled_from(['"' * 250, '"' * 255]),
).filter(lambda name: name not in RESERVED)
DIMENSION_NAMES = NAMES.filter(lambda name: len(name) <= 250 and not name.startswith(":"))
TEXTS = st.one_of(
    st.sampled_from("xyz"),
    st.text(PRINTABLE, min_size=1, max_size=20).filter(lambda text: not text.isspace()),
    st.just("\\" * 1024),
)
DIMENSIONS = st.dictionaries(DIMENSION_NAMES, TEXTS, max_size=5)
NUMBERS = st.one_of(
    st.integers(-(2**360), 2**360),
    st.floats(min_value=2.0**-360, max_value=2.0**360),
    st.floats(min_value=-(2.0**360), max_value=-(2.0**-360)),
    st.just(0.0),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


EXPECTED = ("elsewhere in this invocation", "30 dimensions at most")


def written_by(function: Callable[[], object], **options: Any) -> str:
    """What an invocation writes; every line of it is valid."""
    with redirect_stdout(StringIO()) as output:
        measured(namespace="Shop", **options)(taking_any(lambda event, context: function()))({}, FakeContext())
    for line in output.getvalue().splitlines(keepends=True):
        validated(line)
    return output.getvalue()


class Recording(RuleBasedStateMachine):
    """Calls in any order, beside what CloudWatch has to make of them."""

    @initialize(base=DIMENSIONS)
    def begin(self, base: dict[str, str]) -> None:
        self.base = base
        self.calls: list[Callable[[], None]] = []
        self.counts: Counter[tuple[str, frozenset[tuple[str, str]], bool]] = Counter()
        self.values: Counter[tuple[str, float, str, frozenset[tuple[str, str]], bool]] = Counter()
        self.added: dict[str, str] = {}

    def _dimensions(self, own: dict[str, str] | None) -> frozenset[tuple[str, str]]:
        return frozenset({**self.base, **self.added, **(own or {})}.items())

    @rule(name=NAMES, value=st.integers(0, 2**100), dimensions=st.none() | DIMENSIONS, high=st.booleans())
    def count(self, name: str, value: int, dimensions: dict[str, str] | None, high: bool) -> None:
        def call() -> None:
            metrics.count(name, value, dimensions=dimensions, high_resolution=high)
            self.counts[name, self._dimensions(dimensions), high] += value
            # So that a count of nothing is expected, too.
            self.counts.setdefault((name, self._dimensions(dimensions), high), 0)

        self.calls.append(call)

    @rule(
        name=NAMES,
        values=st.lists(NUMBERS, min_size=1, max_size=5) | st.just([0.5] * 150),
        unit=st.sampled_from(get_args(Unit)),
        dimensions=st.none() | DIMENSIONS,
        high=st.booleans(),
    )
    def record(self, name: str, values: list[float], unit: Unit, dimensions: dict[str, str] | None, high: bool) -> None:
        def call() -> None:
            for value in values:
                metrics.record(name, value, unit=unit, dimensions=dimensions, high_resolution=high)
                self.values[name, value, unit, self._dimensions(dimensions), high] += 1

        self.calls.append(call)

    @rule(dimensions=DIMENSIONS)
    def add_dimensions(self, dimensions: dict[str, str]) -> None:
        def call() -> None:
            metrics.add_dimensions(**dimensions)
            self.added.update(dimensions)

        self.calls.append(call)

    @rule(name=NAMES, value=JSON)
    def add_properties(self, name: str, value: object) -> None:
        self.calls.append(lambda: metrics.add_properties(**{name: value}))

    @rule()
    def flush(self) -> None:
        self.calls.append(metrics.flush)

    def teardown(self) -> None:
        def handler() -> None:
            for call in self.calls:
                try:
                    call()
                except MetricError as error:  # nothing else can be wrong with what is drawn here
                    assert any(expected in str(error) for expected in EXPECTED)  # noqa: PT017 - it need not be raised

        if not hasattr(self, "calls"):
            return
        found = published_metrics(written_by(handler, dimensions=self.base))
        counted = {(name, high) for name, _, high in self.counts}
        counts: Counter[tuple[str, frozenset[tuple[str, str]], bool]] = Counter()
        values: Counter[tuple[str, float, str, frozenset[tuple[str, str]], bool]] = Counter()
        for metric in found:
            dimensions = frozenset(metric.dimensions.items())
            if (metric.name, metric.high_resolution) in counted and metric.unit == "Count":
                counts[metric.name, dimensions, metric.high_resolution] += int(metric.value)
                counts.setdefault((metric.name, dimensions, metric.high_resolution), 0)
            else:
                values[metric.name, metric.value, metric.unit, dimensions, metric.high_resolution] += 1
        assert dict(counts) == dict(self.counts)
        assert values == self.values


TestRecording = Recording.TestCase
TestRecording.settings = settings(stateful_step_count=20)


@given(sizes=st.lists(st.integers(1, 230), min_size=1, max_size=130), padding=st.integers(0, 248))
def test_no_value_is_lost_or_doubled_where_lines_are_split(sizes: list[int], padding: int) -> None:
    names = [f"{number}{'x' * padding}" for number in range(len(sizes))]

    def handler() -> None:
        for name, size in zip(names, sizes, strict=True):
            for value in range(size):
                metrics.record(name, value / 7)

    found = published_metrics(written_by(handler))
    assert Counter((metric.name, metric.value) for metric in found) == Counter(
        (name, value / 7) for name, size in zip(names, sizes, strict=True) for value in range(size)
    )


@given(name=NAMES, value=JSON)
def test_a_property_is_read_back_as_it_was(name: str, value: object) -> None:
    def handler() -> None:
        metrics.add_properties(**{name: value})
        metrics.count("Charged" if name != "Charged" else "Other")

    (found,) = published_metrics(written_by(handler))
    assert found.properties[name] == value


@given(st.text(max_size=300) | st.none() | st.integers() | st.binary())
def test_any_name_is_taken_as_it_is_or_refused(name: Any) -> None:
    refused = False

    def handler() -> None:
        nonlocal refused
        try:
            metrics.count(name)
        except MetricError:
            refused = True

    found = published_metrics(written_by(handler))
    assert [metric.name for metric in found] == ([] if refused else [name])


@given(st.floats() | st.integers() | st.decimals() | st.fractions() | st.booleans() | st.text() | st.none())
def test_any_value_is_taken_as_a_number_or_refused(value: Any) -> None:
    refused = False

    def handler() -> None:
        nonlocal refused
        try:
            metrics.record("Size", value)
        except MetricError:
            refused = True

    found = published_metrics(written_by(handler))
    assert [metric.value for metric in found] == ([] if refused else [value if type(value) is int else float(value)])
