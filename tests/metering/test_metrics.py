"""What is recorded, and what is refused."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, get_args

import pytest

from lambdakit import MetricError, measured, metrics, sqs_batch
from lambdakit.metering import Unit
from lambdakit.testing import FakeContext
from tests.layers import taking_any

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit.testing import Events, PublishedMetric
    from tests.conftest import AsKind
    from tests.metering.conftest import Lines, Published


def told(found: list[PublishedMetric]) -> list[tuple[str, float, str, dict[str, str]]]:
    return [(metric.name, metric.value, metric.unit, dict(metric.dimensions)) for metric in found]


def record(function: Callable[[], object]) -> None:
    """Run a function in an invocation that is measured, with no dimension of its own."""
    measured(namespace="Shop")(taking_any(lambda event, context: function()))({}, None)


def test_counts_of_one_name_are_one_sum(as_kind: AsKind, published: Published) -> None:
    @measured(namespace="Shop", service="orders")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        metrics.count("Charged", 3)
        metrics.count("Refused", 0)

    handler({}, FakeContext())
    assert told(published()) == [
        ("Charged", 4, "Count", {"service": "orders"}),
        ("Refused", 0, "Count", {"service": "orders"}),
    ]


def test_recorded_values_are_each_there_in_order(as_kind: AsKind, published: Published) -> None:
    @measured(namespace="Shop")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        for value in (12.5, -3, 0, 1e300 * 0 + 1e100):
            metrics.record("Latency", value, unit="Milliseconds")

    handler({}, FakeContext())
    assert told(published()) == [("Latency", value, "Milliseconds", {}) for value in (12.5, -3, 0, 1e100)]


@pytest.mark.parametrize("unit", get_args(Unit))
def test_every_unit_of_cloudwatch_is_known(unit: Unit, published: Published) -> None:
    record(lambda: metrics.record("Size", 1.5, unit=unit))
    assert [metric.unit for metric in published()] == [unit]


class Size:
    """A number of another library."""

    def __float__(self) -> float:
        return 2.5


@pytest.mark.parametrize("value", [Decimal("2.5"), Fraction(5, 2), Size(), 2.5])
def test_numbers_of_other_libraries_are_taken(value: Any, published: Published) -> None:
    record(lambda: metrics.record("Size", value))
    assert [metric.value for metric in published()] == [2.5]


def test_a_name_may_be_a_member_of_an_enum(published: Published) -> None:
    class Name(StrEnum):
        CHARGED = "Charged"

    def both() -> None:
        metrics.count(Name.CHARGED)
        metrics.count("Charged")

    record(both)
    assert told(published()) == [("Charged", 2, "Count", {})]


def test_high_resolution_is_told(published: Published) -> None:
    def both() -> None:
        metrics.count("Charged", high_resolution=True)
        metrics.record("Latency", 1, high_resolution=True)
        metrics.record("Size", 1)

    record(both)
    assert {metric.name: metric.high_resolution for metric in published()} == {
        "Charged": True,
        "Latency": True,
        "Size": False,
    }


def test_dimensions_hold_from_where_they_are_added(as_kind: AsKind, published: Published) -> None:
    @measured(namespace="Shop", service="orders")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        metrics.add_dimensions(Currency="EUR")
        metrics.count("Charged")
        metrics.add_dimensions(Currency="USD", service="refunds")
        metrics.count("Charged")

    handler({}, FakeContext())
    assert told(published()) == [
        ("Charged", 1, "Count", {"service": "orders"}),
        ("Charged", 1, "Count", {"service": "orders", "Currency": "EUR"}),
        ("Charged", 1, "Count", {"service": "refunds", "Currency": "USD"}),
    ]


def test_dimensions_of_one_metric_are_added_to_the_others(published: Published) -> None:
    def several() -> None:
        metrics.add_dimensions(Currency="EUR")
        metrics.count("Charged", dimensions={"Method": "card"})
        metrics.record("Total", 9.5, dimensions={"Method": "card", "Currency": "USD"})
        metrics.count("Charged")

    record(several)
    assert told(published()) == [
        ("Charged", 1, "Count", {"Currency": "EUR", "Method": "card"}),
        ("Total", 9.5, "None", {"Currency": "USD", "Method": "card"}),
        ("Charged", 1, "Count", {"Currency": "EUR"}),
    ]


def test_the_same_dimensions_in_another_call_are_one_metric(lines: Lines) -> None:
    def several() -> None:
        for _ in range(3):
            metrics.count("Charged", dimensions={"Method": "card"})

    record(several)
    assert [line["Charged"] for line in lines()] == [3]


def test_nothing_gets_from_one_invocation_into_the_next(as_kind: AsKind, published: Published) -> None:
    @measured(namespace="Shop")
    @as_kind
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        metrics.add_dimensions(**{f"Only{event}": "yes"})
        metrics.add_properties(**{f"only{event}": True})
        metrics.count("Late")

    for number in range(3):
        handler(number, None)
        found = published()
        assert told(found) == [("Charged", 1, "Count", {}), ("Late", 1, "Count", {f"Only{number}": "yes"})]
        assert [metric.properties for metric in found] == [{}, {f"only{number}": True}]


def test_records_of_a_batch_add_to_one_invocation_and_keep_their_dimensions_apart(
    as_kind: AsKind, published: Published, events: Events
) -> None:
    @measured(namespace="Shop")
    @sqs_batch
    @as_kind
    def handler(message: Any, context: Any) -> None:
        metrics.count("Received")
        metrics.add_dimensions(Currency=message["body"])
        metrics.count("Charged")

    handler(events.sqs("EUR", "USD", "EUR"), FakeContext())
    assert told(published()) == [
        ("Received", 3, "Count", {}),
        ("Charged", 2, "Count", {"Currency": "EUR"}),
        ("Charged", 1, "Count", {"Currency": "USD"}),
    ]


def test_properties_stand_in_the_line_and_are_no_dimensions(lines: Lines) -> None:
    def several() -> None:
        metrics.add_properties(order=7, tags=["a", "b"], amount=Decimal("1.50"), none=None, text='"\n\u2028é')
        metrics.count("Charged")

    record(several)
    (line,) = lines()
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
    assert {name: value for name, value in line.items() if name not in ("_aws", "Charged")} == {
        "order": 7,
        "tags": ["a", "b"],
        "amount": "1.50",
        "none": None,
        "text": '"\n\u2028é',
    }


class Unshowable:
    def __str__(self) -> str:
        raise RuntimeError("no")


def cycle() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no name": (lambda: metrics.count(""), "1 to 255 printable ASCII characters"),
    "a long name": (lambda: metrics.count("x" * 256), r"\(256 characters\)"),
    "a blank name": (lambda: metrics.count("  "), "not all of them spaces"),
    "a name that is not ASCII": (lambda: metrics.count("Größe"), "got 'Größe'"),
    "a name with a line end": (lambda: metrics.count("a\nb"), "printable"),
    "a name that is no string": (lambda: metrics.count(7), "got one of type int"),  # type: ignore[arg-type]
    "a list as a name": (lambda: metrics.record(["a"], 1), "got one of type list"),  # type: ignore[arg-type]
    "a reserved name": (lambda: metrics.count("_aws"), "belongs to the embedded metric format"),
    "the name of the level": (lambda: metrics.record("level", 1), "Lambda's log-level filter"),
    "a reserved dimension": (lambda: metrics.add_dimensions(timestamp="now"), "Lambda's log-level filter"),
    "a reserved property": (lambda: metrics.add_properties(function_request_id="x"), "belongs to lambdakit"),
    "NaN": (lambda: metrics.record("Latency", math.nan), "'Latency' is a finite number"),
    "infinity": (lambda: metrics.record("Latency", -math.inf), "finite number"),
    "a Decimal that is no number": (lambda: metrics.record("Latency", Decimal("sNaN")), "finite number"),
    "too large": (lambda: metrics.record("Latency", 2.0**361), r"2\*\*360"),
    "a large whole number": (lambda: metrics.record("Latency", -(10**400)), r"2\*\*360"),
    "too small": (lambda: metrics.record("Latency", 1e-200), r"2\*\*-360|2\*\*360"),
    "a bool": (lambda: metrics.record("Latency", True), "is a number; got one of type bool"),
    "text": (lambda: metrics.record("Latency", "12"), "got one of type str"),  # type: ignore[arg-type]
    "nothing": (lambda: metrics.record("Latency", None), "got one of type NoneType"),  # type: ignore[arg-type]
    "a count that is negative": (lambda: metrics.count("Charged", -1), "whole number from 0"),
    "a count that is a bool": (lambda: metrics.count("Charged", True), "got one of type bool"),
    "a count with a fraction": (lambda: metrics.count("Charged", 1.5), "metrics.record"),  # type: ignore[arg-type]
    "a count that is too large": (lambda: metrics.count("Charged", 2**360 + 1), "from 0 to"),
    "an unknown unit": (lambda: metrics.record("Latency", 1, unit="ms"), "not 'ms'"),  # type: ignore[arg-type]
    "a list as a unit": (lambda: metrics.record("Latency", 1, unit=[]), "not \\[\\]"),  # type: ignore[arg-type]
    "a dimension with a colon": (lambda: metrics.add_dimensions(**{":x": "y"}), "does not start with a colon"),
    "a long dimension": (lambda: metrics.add_dimensions(**{"x" * 251: "y"}), "1 to 250"),
    "an empty value": (lambda: metrics.add_dimensions(Currency=""), "'Currency' is a string of 1 to 1024"),
    "a long value": (lambda: metrics.add_dimensions(Currency="x" * 1025), "one of 1025 characters"),
    "a value that is not ASCII": (lambda: metrics.count("Charged", dimensions={"City": "Köln"}), "other characters"),
    "a value that is no string": (lambda: metrics.add_dimensions(Size=7), "got one of type int"),  # type: ignore[arg-type]
    "a metric that is its own dimension": (
        lambda: metrics.count("Charged", dimensions={"Charged": "yes"}),
        "'Charged' is a count here, and a dimension elsewhere",
    ),
    "31 dimensions": (lambda: metrics.add_dimensions(**{f"d{n}": "x" for n in range(31)}), "30 dimensions at most"),
    "a property with no name": (lambda: metrics.add_properties(**{"": 1}), "1 to 255 characters"),
    "a property with NaN": (lambda: metrics.add_properties(order=[math.nan]), "'order' has no form in JSON"),
    "a property with a cycle": (lambda: metrics.add_properties(order=cycle()), "no form in JSON"),
    "a property that cannot be shown": (lambda: metrics.add_properties(order=Unshowable()), "RuntimeError"),
    "properties without end": (lambda: metrics.add_properties(order="x" * 140_000), "131,072 bytes at most"),
    "a timer with no name": (lambda: metrics.timer("").__enter__(), "the name of a metric"),
}


@pytest.mark.parametrize("inside", [True, False], ids=["in an invocation", "outside"])
@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cloudwatch_would_not_take_is_an_error_at_the_call(
    call: Callable[[], object], message: str, inside: bool, published: Published
) -> None:
    def handler(event: Any, context: Any) -> None:
        metrics.count("Before")
        with pytest.raises(MetricError, match=message):
            call()
        metrics.count("After")

    if inside:
        measured(namespace="Shop")(handler)({}, None)
    else:
        handler({}, None)
    assert told(published()) == [("Before", 1, "Count", {}), ("After", 1, "Count", {})]


CLASHES: dict[str, tuple[Callable[[], object], Callable[[], object], str]] = {
    "two units": (
        lambda: metrics.record("x", 1, unit="Seconds"),
        lambda: metrics.record("x", 1, unit="Milliseconds"),
        "'x' is recorded in the unit 'Milliseconds' here, and recorded in the unit 'Seconds' elsewhere",
    ),
    "two resolutions": (
        lambda: metrics.count("x"),
        lambda: metrics.count("x", high_resolution=True),
        "a count of high resolution here, and a count elsewhere",
    ),
    "a count and a value": (
        lambda: metrics.count("x"),
        lambda: metrics.record("x", 1, unit="Count"),
        "recorded in the unit 'Count' here, and a count elsewhere",
    ),
    "a value, under other dimensions": (
        lambda: metrics.count("x"),
        lambda: metrics.record("x", 1, dimensions={"y": "z"}),
        "'x' is recorded",
    ),
    "a metric, then a dimension": (
        lambda: metrics.count("x"),
        lambda: metrics.add_dimensions(x="y"),
        "'x' is a dimension here, and a count elsewhere",
    ),
    "a metric, then a dimension of one metric": (
        lambda: metrics.count("x"),
        lambda: metrics.count("z", dimensions={"x": "y"}),
        "'x' is a dimension here, and a count elsewhere",
    ),
    "a metric, then a property": (
        lambda: metrics.count("x"),
        lambda: metrics.add_properties(x="y"),
        "'x' is a property here, and a count elsewhere",
    ),
    "a dimension, then a metric": (
        lambda: metrics.add_dimensions(x="y"),
        lambda: metrics.count("x"),
        "'x' is a count here, and a dimension elsewhere",
    ),
    "a property, then a timer": (
        lambda: metrics.add_properties(x="y"),
        lambda: metrics.timer("x").__enter__(),
        "'Milliseconds' here, and a property elsewhere",
    ),
    "a dimension, then a property": (
        lambda: metrics.add_dimensions(x="y"),
        lambda: metrics.add_properties(x="y"),
        "'x' is a property here, and a dimension elsewhere|'x' is a dimension here, and a property elsewhere",
    ),
    "the handler's dimension, then a metric": (
        lambda: None,
        lambda: metrics.count("service"),
        "'service' is a count here, and a dimension elsewhere",
    ),
    "the handler's dimension, then a property": (
        lambda: None,
        lambda: metrics.add_properties(service="x"),
        "'service' is a property here, and a dimension elsewhere",
    ),
    "a sum that is too large": (
        lambda: metrics.count("x", 2**360),
        lambda: metrics.count("x"),
        "the sum of 'x'",
    ),
}


@pytest.mark.parametrize(("first", "second", "message"), CLASHES.values(), ids=CLASHES.keys())
def test_a_name_stands_for_one_thing_in_an_invocation(
    first: Callable[[], object], second: Callable[[], object], message: str, published: Published
) -> None:
    def handler(event: Any, context: Any) -> None:
        first()
        with pytest.raises(MetricError, match=message):
            second()

    measured(namespace="Shop", service="orders")(handler)({}, None)
    assert all(metric.dimensions["service"] == "orders" for metric in published())


def test_what_was_refused_has_taken_no_name(published: Published) -> None:
    def several() -> None:
        with pytest.raises(MetricError):
            metrics.count("", dimensions={"x": "y"})
        with pytest.raises(MetricError):
            metrics.add_dimensions(a="b", _aws="c")
        with pytest.raises(MetricError):
            metrics.record("c", math.nan)
        with pytest.raises(MetricError):
            metrics.timer("_aws", dimensions={"d": "e"}).__enter__()
        for name in "xacd":
            metrics.count(name)

    record(several)
    assert told(published()) == [(name, 1, "Count", {}) for name in "xacd"]


def test_an_error_never_says_the_value_of_a_dimension() -> None:
    with pytest.raises(MetricError) as caught:
        metrics.add_dimensions(City="Köln-Sülz")
    assert "Köln" not in str(caught.value)


def test_an_invocation_names_a_metric_anew(published: Published) -> None:
    record(lambda: metrics.count("x"))
    record(lambda: metrics.record("x", 1.5, unit="Seconds"))
    assert [metric.unit for metric in published()] == ["Count", "Seconds"]


class TestOutside:
    """Outside an invocation that is measured."""

    def test_each_call_writes_a_line_at_once(self, lines: Lines) -> None:
        metrics.count("Imported", 2)
        assert [line["Imported"] for line in lines()] == [2]
        metrics.record("Size", 1.5, unit="Bytes")
        assert [line["Size"] for line in lines()] == [1.5]

    def test_namespace_and_service_are_those_of_the_environment_at_that_time(
        self, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        metrics.count("Imported")
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-function")
        metrics.count("Imported")
        monkeypatch.setenv("LAMBDAKIT_NAMESPACE", "Shop")
        monkeypatch.setenv("LAMBDAKIT_SERVICE", "orders")
        metrics.count("Imported")
        assert [(metric.namespace, metric.dimensions) for metric in published()] == [
            ("local", {}),
            ("orders-function", {"service": "orders-function"}),
            ("Shop", {"service": "orders"}),
        ]

    @pytest.mark.parametrize(
        ("variable", "message"),
        [("LAMBDAKIT_NAMESPACE", "a namespace has letters"), ("LAMBDAKIT_SERVICE", "a namespace has letters")],
    )
    def test_an_environment_that_gives_no_good_name_is_told(
        self, variable: str, message: str, published: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, "Köln")
        with pytest.raises(MetricError, match=f"{message}.* It comes from the environment"):
            metrics.count("Imported")
        monkeypatch.setenv("LAMBDAKIT_NAMESPACE", "Shop")
        if variable == "LAMBDAKIT_SERVICE":
            with pytest.raises(MetricError, match=r"dimension 'service' .* It comes from the environment"):
                metrics.count("Imported")
        assert published() == []

    def test_flush_does_nothing(self, published: Published) -> None:
        metrics.flush()
        assert published() == []
