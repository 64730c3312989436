"""What a test sees of metrics: the fixture, and lines that are read as CloudWatch reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import MetricError, measured, metrics
from lambdakit.testing import PublishedMetric, published_metrics

if TYPE_CHECKING:
    from lambdakit.testing import CapturedMetrics, FakeContext
    from tests.conftest import AsKind


def charging(event: Any, context: Any) -> None:
    metrics.count("Charged", 2, dimensions={"Currency": "EUR"})
    metrics.count("Charged", dimensions={"Currency": "USD"})
    metrics.record("Total", 9.5)


def test_what_was_recorded_is_there_as_objects(
    as_kind: AsKind, captured_metrics: CapturedMetrics, lambda_context: FakeContext
) -> None:
    measured(namespace="Shop", service="orders")(as_kind(charging))({}, lambda_context)
    request = {"function_request_id": lambda_context.aws_request_id}
    assert list(captured_metrics) == [
        PublishedMetric("Charged", 2, "Count", {"service": "orders", "Currency": "EUR"}, "Shop", properties=request),
        PublishedMetric("Charged", 1, "Count", {"service": "orders", "Currency": "USD"}, "Shop", properties=request),
        PublishedMetric("Total", 9.5, "None", {"service": "orders"}, "Shop", properties=request),
    ]
    assert len(captured_metrics) == 3
    assert captured_metrics[-1].name == "Total"
    assert [metric.value for metric in captured_metrics[:2]] == [2, 1]


def test_the_values_of_a_metric_are_found_by_its_name_and_dimensions(captured_metrics: CapturedMetrics) -> None:
    measured(namespace="Shop")(charging)({}, None)
    assert captured_metrics.values("Charged") == [2, 1]
    assert captured_metrics.values("Charged", Currency="USD") == [1]
    assert captured_metrics.values("Charged", Currency="GBP") == []
    assert captured_metrics.values("Refused") == []
    captured_metrics.clear()
    assert list(captured_metrics) == []


def test_what_is_recorded_with_no_handler_is_there_at_once(captured_metrics: CapturedMetrics) -> None:
    metrics.count("Charged")
    assert captured_metrics.values("Charged") == [1]


def test_lines_are_still_written(captured_metrics: CapturedMetrics, capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count("Charged")
    assert published_metrics(capsys.readouterr().out) == list(captured_metrics)


def test_it_says_what_it_holds(captured_metrics: CapturedMetrics) -> None:
    metrics.count("Charged")
    assert repr(captured_metrics).startswith("<CapturedMetrics [PublishedMetric(name='Charged', value=1, unit='Count'")


GOOD = {
    "_aws": {
        "Timestamp": 1574109732004,
        "CloudWatchMetrics": [
            {
                "Namespace": "lambda-function-metrics",
                "Dimensions": [["functionVersion"], []],
                "Metrics": [{"Name": "time", "Unit": "Milliseconds", "StorageResolution": 1}, {"Name": "sizes"}],
            },
            {"Namespace": "other", "Dimensions": [[]], "Metrics": [{"Name": "time"}]},
        ],
    },
    "functionVersion": "$LATEST",
    "time": 100,
    "sizes": [1, 2.5],
    "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee",
}
"""The example of the specification, and more of what it allows."""


def test_a_line_is_read_as_cloudwatch_reads_it() -> None:
    version, request = {"functionVersion": "$LATEST"}, {"requestId": GOOD["requestId"]}
    ours, other = "lambda-function-metrics", {"functionVersion": "$LATEST", "sizes": [1, 2.5], **request}
    assert published_metrics(json.dumps(GOOD)) == [
        PublishedMetric("time", 100, "Milliseconds", version, ours, True, request),
        PublishedMetric("time", 100, "Milliseconds", {}, ours, True, request),
        PublishedMetric("sizes", 1, "None", version, ours, False, request),
        PublishedMetric("sizes", 2.5, "None", version, ours, False, request),
        PublishedMetric("sizes", 1, "None", {}, ours, False, request),
        PublishedMetric("sizes", 2.5, "None", {}, ours, False, request),
        PublishedMetric("time", 100, "None", {}, "other", False, other),
    ]


def test_other_lines_are_passed_over() -> None:
    lines = ["", "text", '{"message":"CloudWatchMetrics"}', "[]", '{"a":{"CloudWatchMetrics":1}}', json.dumps(GOOD)]
    assert len(published_metrics(lines)) == 7
    assert published_metrics("\n".join(lines)) == published_metrics(lines)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": "100"}, "the values of 'time' are numbers"),
        ({"time": True}, "the values of 'time' are numbers"),
        ({"time": []}, "'time' has 1 to 100 values"),
        ({"time": [1] * 101}, "'time' has 1 to 100 values"),
        ({"functionVersion": 7}, "values of dimensions are strings"),
        ({"functionVersion": "x" * 1025}, "values of dimensions are strings"),
        ({"requestId": "x" * 300_000}, "256 KB"),
        ({"_aws": {"CloudWatchMetrics": []}}, "Timestamp"),
        ({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "a", "Metrics": []}]}}, "'Dimensions'"),
        (
            {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "", "Dimensions": [[]], "Metrics": [1]}]}},
            "a namespace is a string",
        ),
        (
            {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [[]], "Metrics": []}]}},
            "1 to 100 metrics",
        ),
        (
            {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [], "Metrics": [1]}]}},
            "30 dimensions at most",
        ),
        (
            {
                "_aws": {
                    "Timestamp": 1,
                    "CloudWatchMetrics": [
                        {"Namespace": "a", "Dimensions": [[]], "Metrics": [{"Name": "time", "Unit": "ms"}]}
                    ],
                }
            },
            "'ms' is no unit",
        ),
        (
            {
                "_aws": {
                    "Timestamp": 1,
                    "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [[]], "Metrics": [{"Name": "gone"}]}],
                }
            },
            "a member is missing .*'gone'",
        ),
    ],
)
def test_a_line_that_cloudwatch_would_not_take_is_an_error(change: dict[str, object], message: str) -> None:
    with pytest.raises(MetricError, match=f"CloudWatch would not take this line: .*{message}"):
        published_metrics(json.dumps({**GOOD, **change}))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"_aws": {"CloudWatchMetrics"', "delimiter"),
        ('{"_aws": {"CloudWatchMetrics": []}, "a": NaN}', "NaN is no number of JSON"),
        ('{"_aws": {"CloudWatchMetrics": []}, "a": 1, "a": 2}', "two members have the same name"),
    ],
)
def test_a_line_that_is_not_json_is_an_error(line: str, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        published_metrics(line)


def test_a_project_gets_the_fixture_with_nothing_imported(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config")
    pytester.makepyfile("""
        from lambdakit import measured, metrics

        @measured(namespace="Shop")
        def handler(event, context):
            metrics.count("Charged")

        def test_it_is_counted(captured_metrics, lambda_context):
            handler({}, lambda_context)
            assert captured_metrics.values("Charged") == [1]

        def test_nothing_is_left_from_another_test(captured_metrics):
            assert list(captured_metrics) == []
    """)
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=2)
