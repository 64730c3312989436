"""The decorator: what it writes, when, and which options it refuses."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from lambdakit import HandlerCancelledError, OptionError, current, measured, metrics, middleware, sqs_batch, stack
from lambdakit._counted import counted, listener
from lambdakit._invocation import invocation
from lambdakit.testing import FakeContext
from tests.layers import taking_any

if TYPE_CHECKING:
    from lambdakit import Next
    from lambdakit.testing import Events
    from tests.conftest import AsKind
    from tests.metering.conftest import Lines, Published


E = TypeVar("E")
R = TypeVar("R")


def charging(event: Any, context: Any) -> None:
    metrics.count("Charged")


def test_it_is_used_bare_and_the_environment_names_things(
    as_kind: AsKind, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-function")
    measured(as_kind(charging))({}, None)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "orders")
    measured(as_kind(charging))({}, None)
    monkeypatch.setenv("LAMBDAKIT_NAMESPACE", "Shop")
    measured(as_kind(charging))({}, None)
    assert [(metric.namespace, metric.dimensions["service"]) for metric in published()] == [
        ("orders-function", "orders-function"),
        ("orders", "orders"),
        ("Shop", "orders"),
    ]


def test_where_nothing_is_known_the_namespace_is_local_and_there_is_no_service(published: Published) -> None:
    measured(charging)({}, None)
    assert [(metric.namespace, metric.dimensions) for metric in published()] == [("local", {})]


def test_options_go_before_the_environment(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDAKIT_NAMESPACE", "Other")
    monkeypatch.setenv("LAMBDAKIT_SERVICE", "other")
    measured(namespace="Shop", service="orders", dimensions={"Stage": "prod"})(charging)({}, None)
    (found,) = published()
    assert (found.namespace, found.dimensions) == ("Shop", {"service": "orders", "Stage": "prod"})


def test_an_invocation_that_records_nothing_writes_nothing(as_kind: AsKind, capsys: pytest.CaptureFixture[str]) -> None:
    measured(as_kind(lambda event, context: None))({}, FakeContext())
    assert capsys.readouterr().out == ""


def test_a_line_is_a_bare_object_that_tells_the_request(lines: Lines) -> None:
    measured(namespace="Shop", service="orders")(charging)({}, FakeContext(aws_request_id="52fdfc07"))
    (line,) = lines()
    del line["_aws"]["Timestamp"]
    assert line == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "Charged", "Unit": "Count"}],
                }
            ]
        },
        "service": "orders",
        "function_request_id": "52fdfc07",
        "Charged": 1,
    }


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_was_recorded_is_written_though_the_handler_raises(
    as_kind: AsKind, published: Published, error: type[BaseException]
) -> None:
    @measured
    @as_kind
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        raise error

    with pytest.raises(error):
        handler({}, None)
    assert [metric.name for metric in published()] == ["Charged"]


def test_what_was_recorded_is_written_though_the_handler_is_cancelled(published: Published) -> None:
    @measured
    async def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        raise asyncio.CancelledError

    with pytest.raises(HandlerCancelledError):
        handler({}, None)
    assert [metric.name for metric in published()] == ["Charged"]


def test_what_was_recorded_is_written_though_the_coroutine_is_closed(published: Published) -> None:
    @measured
    async def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        await asyncio.sleep(0)

    isolated = copy_context()
    coroutine = isolated.run(handler._start, {}, None)
    isolated.run(coroutine.send, None)
    isolated.run(coroutine.close)
    assert [metric.name for metric in published()] == ["Charged"]


def test_no_handler_fails_because_its_metrics_cannot_be_written(
    as_kind: AsKind, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Closed:
        def write(self, text: str) -> int:
            raise BrokenPipeError

    @measured
    @as_kind
    def handler(event: Any, context: Any) -> str:
        metrics.count("Charged")
        return "done"

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", Closed())
        assert handler({}, None) == "done"
    assert caplog.messages == ["1 metric(s) could not be written"]


def test_flush_writes_what_there_is_and_nothing_twice(as_kind: AsKind, published: Published) -> None:
    @measured
    @as_kind
    def handler(event: Any, context: Any) -> None:
        metrics.count("Charged")
        metrics.flush()
        assert [metric.value for metric in published()] == [1]
        metrics.count("Charged", 2)

    handler({}, None)
    assert [metric.value for metric in published()] == [2]


def test_what_is_recorded_after_the_end_is_written_at_once(published: Published) -> None:
    later = []

    @measured(namespace="Shop", service="orders")
    def handler(event: Any, context: Any) -> None:
        metrics.add_dimensions(Currency="EUR")
        later.append(copy_context())

    handler({}, None)
    later[0].run(metrics.count, "Late")
    later[0].run(metrics.count, "Late")
    assert [(metric.namespace, metric.value, metric.dimensions) for metric in published()] == [
        ("Shop", 1, {"service": "orders", "Currency": "EUR"})
    ] * 2


def test_each_handler_that_is_measured_writes_its_own(published: Published) -> None:
    @measured(namespace="Inner")
    def inner(event: Any, context: Any) -> None:
        metrics.count("Charged")

    @measured(namespace="Outer")
    def outer(event: Any, context: Any) -> None:
        metrics.count("Charged", 2)
        inner({}, context)
        metrics.count("Charged", 3)

    outer({}, FakeContext())
    assert [(metric.namespace, metric.value) for metric in published()] == [("Inner", 1), ("Outer", 5)]


@middleware
async def counting(event: E, call_next: Next[E, R]) -> R:
    """Counts before and after."""
    metrics.count("Before")
    try:
        return await call_next(event)
    finally:
        metrics.count("After")
        counted("Own")


def test_what_a_layer_around_records_is_written_at_once(as_kind: AsKind, published: Published) -> None:
    counting(measured(namespace="Shop")(as_kind(charging)))({}, None)
    assert [(metric.namespace, metric.name) for metric in published()] == [
        ("local", "Before"),
        ("Shop", "Charged"),
        ("Shop", "After"),
        ("Shop", "Own"),
    ]


def test_what_a_layer_between_two_records_is_the_outer_ones(as_kind: AsKind, lines: Lines) -> None:
    stack(measured(namespace="Outer"), counting, measured(namespace="Inner"))(as_kind(charging))({}, None)
    found = [line["_aws"]["CloudWatchMetrics"][0] for line in lines()]
    assert [(directive["Namespace"], [metric["Name"] for metric in directive["Metrics"]]) for directive in found] == [
        ("Inner", ["Charged"]),
        ("Outer", ["Before", "After", "Own"]),
    ]


def test_below_a_batch_each_record_has_lines_of_its_own(
    as_kind: AsKind, published: Published, events: Events, cold_start: None
) -> None:
    handler = sqs_batch(measured(namespace="Shop", cold_start=True)(as_kind(charging)))
    handler(events.sqs("a", "b"), FakeContext())
    assert [(metric.name, metric.value) for metric in published()] == [
        ("ColdStart", 1),
        ("Charged", 1),
        ("Charged", 1),
    ]


def test_it_is_a_middleware() -> None:
    assert repr(stack(measured(namespace="Shop"))(charging)) == "<Handler measured > charging>"


class TestColdStart:
    def test_it_is_counted_once_and_with_the_name_of_the_function(
        self, as_kind: AsKind, published: Published, cold_start: None
    ) -> None:
        handler = measured(namespace="Shop", service="orders", cold_start=True)(as_kind(charging))
        context = FakeContext(function_name="orders-function")
        for _ in range(2):
            handler({}, context)
        assert [(metric.name, metric.value, metric.dimensions) for metric in published()] == [
            ("ColdStart", 1, {"service": "orders", "function_name": "orders-function"}),
            ("Charged", 1, {"service": "orders"}),
            ("Charged", 1, {"service": "orders"}),
        ]

    def test_it_is_not_counted_unless_asked_for(self, published: Published, cold_start: None) -> None:
        measured(charging)({}, FakeContext())
        assert [metric.name for metric in published()] == ["Charged"]

    def test_it_is_counted_once_where_the_decorator_stands_twice(self, published: Published, cold_start: None) -> None:
        twice = stack(measured(cold_start=True), measured(cold_start=True))
        twice(charging)({}, FakeContext())
        assert [metric.name for metric in published()] == ["Charged", "ColdStart"]

    def test_it_is_none_where_nobody_waited(
        self, published: Published, cold_start: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")
        measured(cold_start=True)(charging)({}, FakeContext())
        assert [metric.name for metric in published()] == ["Charged"]

    @pytest.mark.parametrize(("name", "dimensions"), [(None, {}), ("Köln", {})])
    def test_a_function_with_no_name_that_can_be_told_is_counted_without(
        self, published: Published, cold_start: None, name: Any, dimensions: dict[str, str]
    ) -> None:
        context = FakeContext()
        context.function_name = name
        measured(cold_start=True)(taking_any(lambda event, context: None))({}, context)
        assert [(metric.name, metric.dimensions) for metric in published()] == [("ColdStart", dimensions)]


class TestWhatFeaturesCount:
    def test_it_is_counted_under_the_dimensions_of_the_handler(self, as_kind: AsKind, published: Published) -> None:
        @measured(namespace="Shop", service="orders")
        @as_kind
        def handler(event: Any, context: Any) -> None:
            metrics.add_dimensions(Currency="EUR")
            counted("RecordsNotStarted", 3)
            counted("RecordsNotStarted")

        handler({}, None)
        assert [(metric.name, metric.value, metric.unit, metric.dimensions) for metric in published()] == [
            ("RecordsNotStarted", 4, "Count", {"service": "orders"})
        ]

    def test_records_that_a_batch_did_not_start_are_counted(
        self, as_kind: AsKind, published: Published, events: Events
    ) -> None:
        context = FakeContext(timeout=10)

        @measured(namespace="Shop", service="orders")
        @sqs_batch(reserve=5)
        @as_kind
        def handler(message: Any, _: Any) -> None:
            context.advance(6)

        handler(events.sqs("a", "b", "c"), context)
        assert [(metric.name, metric.value, metric.dimensions) for metric in published()] == [
            ("RecordsNotStarted", 2, {"service": "orders"})
        ]

    def test_a_clash_is_told_in_the_log_and_never_raised(
        self, published: Published, caplog: pytest.LogCaptureFixture
    ) -> None:
        @measured
        def handler(event: Any, context: Any) -> None:
            metrics.record("RecordsNotStarted", 1.5)
            counted("RecordsNotStarted", 3)

        handler({}, None)
        assert [metric.value for metric in published()] == [1.5]
        assert caplog.messages[0].startswith("RecordsNotStarted was not counted: metrics: 'RecordsNotStarted' is a")

    def test_nobody_listens_after_the_handler(self) -> None:
        measured(charging)({}, None)
        assert listener.get() is None


class TestDimensionSets:
    def test_a_metric_is_published_under_each_set_that_it_has_all_of(
        self, as_kind: AsKind, published: Published
    ) -> None:
        @measured(
            namespace="Shop", service="orders", dimension_sets=[["service"], ["service", "Currency"], ["Method"], []]
        )
        @as_kind
        def handler(event: Any, context: Any) -> None:
            metrics.count("Charged", dimensions={"Currency": "EUR"})
            metrics.count("Received")

        handler({}, None)
        assert [(metric.name, metric.dimensions) for metric in published()] == [
            ("Charged", {"service": "orders"}),
            ("Charged", {"service": "orders", "Currency": "EUR"}),
            ("Charged", {}),
            ("Received", {"service": "orders"}),
            ("Received", {}),
        ]

    def test_a_metric_that_no_set_counts_for_has_all_its_dimensions(self, published: Published) -> None:
        measured(service="orders", dimension_sets=[["Currency"]])(charging)({}, None)
        assert [metric.dimensions for metric in published()] == [{"service": "orders"}]

    def test_sets_may_come_from_a_generator(self, published: Published) -> None:
        handler = measured(service="orders", dimension_sets=(names for names in ({"service"}, ())))(charging)
        for _ in range(2):
            handler({}, None)
            assert [metric.dimensions for metric in published()] == [{"service": "orders"}, {}]


MANY = {f"d{number}": "x" for number in range(30)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"namespace": ""}, "a namespace is a string of 1 to 255 characters; got ''"),
        ({"namespace": 7}, "a namespace is a string of 1 to 255 characters; got one of type int"),
        ({"namespace": "  "}, "a namespace is a string"),
        ({"namespace": "x" * 256}, r"\(256 characters\)"),
        ({"namespace": "Bücher"}, "letters, digits"),
        ({"namespace": ":a"}, "no colon first"),
        ({"namespace": "AWS/Orders"}, "those of AWS's own services"),
        ({"service": ""}, "the value of the dimension 'service'"),
        ({"service": 7}, "the value of the dimension 'service' .*; got one of type int"),
        ({"dimensions": ["a"]}, "dimensions: expected a mapping of names to values, got one of type list"),
        ({"dimensions": {"Stage": 7}}, "the value of the dimension 'Stage'"),
        ({"dimensions": {"_aws": "x"}}, "belongs to the embedded metric format"),
        ({"dimensions": MANY, "service": "a"}, "dimensions: expected 30 at most, with the service; got 31"),
        ({"dimensions": MANY, "cold_start": True}, "cold_start adds the dimension 'function_name'"),
        ({"dimension_sets": "service"}, "expected lists of names"),
        ({"dimension_sets": ["service"]}, "got 'service' in it"),
        ({"dimension_sets": 7}, "expected lists of names"),
        ({"dimension_sets": [[7]]}, "dimension_sets: the name of a dimension"),
        ({"dimension_sets": [[["service"]]]}, "dimension_sets: the name of a dimension .* one of type list"),
        ({"dimension_sets": [[*MANY, "more"]]}, "expected 30 names at most in one; got 31"),
        ({"dimension_sets": [[str(number)] for number in range(10_000)]}, "too much room"),
        ({"meter": "otel"}, r"meter: expected one such as OTelMeter\(\), got 'otel'"),
        ({"name_space": "x"}, "no option 'name_space'"),
    ],
)
def test_a_wrong_option_is_told_when_the_decorator_is_applied(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=rf"@measured \(.*test_measured\.py, line \d+\): .*{message}"):
        measured(**options)(charging)


def test_a_service_of_the_environment_that_can_be_no_dimension_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDAKIT_SERVICE", "Köln")
    with pytest.raises(OptionError, match=r"namespace has letters.*got 'Köln', from LAMBDAKIT_NAMESPACE or"):
        measured(charging)({}, None)


def test_the_invocation_is_the_users_as_ever(as_kind: AsKind) -> None:
    context = FakeContext()
    handler = measured(as_kind(lambda event, context: (event, context, current().request_id)))
    assert handler({"a": 1}, context) == ({"a": 1}, context, context.aws_request_id)
    assert invocation.get()[0].context is None
