"""Spans of batches: one for the batch, and one for each record."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import BatchError, firehose_transform, kafka_batch, kinesis_batch, span, sqs_batch, traced
from lambdakit.testing import FakeContext

if TYPE_CHECKING:
    from lambdakit.testing import CapturedSpans, Events
    from tests.conftest import AsKind

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def attribute(captured: Any, name: str) -> object:
    """An attribute, by OpenTelemetry's name or by X-Ray's."""
    return captured.attributes.get(name, captured.attributes.get(name.replace(".", "_")))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_batch_is_a_span_and_each_record_a_child_of_it(
    as_kind: AsKind, concurrency: int, spans: CapturedSpans, events: Events
) -> None:
    @traced
    @sqs_batch(concurrency=concurrency)
    @as_kind
    def handler(message: Any, context: Any) -> None:
        with span("charge", order=message["body"]):
            if message["body"] == "1":
                raise ValueError("no")

    event = events.sqs("0", "1", "2", queue="orders")
    handler(event, FakeContext())
    batch = spans[0]
    assert (batch.name, batch.error) == ("process orders", None)
    assert attribute(batch, "messaging.batch.message_count") == 3
    records = spans.under(batch)
    assert {each.name for each in records} == {"process orders"}
    by_id = {attribute(each, "messaging.message.id"): each for each in records}
    assert list(map(len, (spans, by_id))) == [7, 3]
    for number, record in enumerate(event["Records"]):
        of_record = by_id[record["messageId"]]
        (charge,) = spans.under(of_record)
        assert charge.attributes == {"order": str(number)}
        assert of_record.error == charge.error == ("ValueError" if number == 1 else None)


def test_records_that_run_at_the_same_time_keep_apart(spans: CapturedSpans, events: Events) -> None:
    together = threading.Barrier(3)

    @traced
    @sqs_batch(concurrency=3)
    def handler(message: Any, context: Any) -> None:
        together.wait()
        with span("outer", order=message["body"]):
            together.wait()
            with span("inner", order=message["body"]):
                together.wait()

    handler(events.sqs("0", "1", "2"), FakeContext())
    for outer in spans.named("outer"):
        (inner,) = spans.under(outer)
        assert inner.attributes == outer.attributes
    assert len({outer.parent_id for outer in spans.named("outer")}) == 3


def test_async_records_that_run_at_the_same_time_keep_apart(spans: CapturedSpans, events: Events) -> None:
    together: list[asyncio.Barrier] = []

    @traced
    @sqs_batch(concurrency=3)
    async def handler(message: Any, context: Any) -> None:
        if not together:
            together.append(asyncio.Barrier(3))
        await together[0].wait()
        with span("outer", order=message["body"]):
            await together[0].wait()
            await asyncio.gather(inner(message["body"]), inner(message["body"]))

    @span("inner")
    async def inner(order: str) -> None:
        span.current().set(order=order)
        await asyncio.sleep(0)

    handler(events.sqs("0", "1", "2"), FakeContext())
    for outer in spans.named("outer"):
        first, second = spans.under(outer)
        assert first.attributes == second.attributes == outer.attributes
    assert len({outer.parent_id for outer in spans.named("outer")}) == 3


def test_the_line_of_a_failed_record_tells_the_records_span(
    as_kind: AsKind, spans: CapturedSpans, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    import logging

    from lambdakit._trace_context import trace_here

    told = []

    class Seeing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            trace = trace_here.get()
            told.append(None if trace is None else trace.log_fields()["span_id"])

    @traced
    @sqs_batch
    @as_kind
    def handler(message: Any, context: Any) -> None:
        if message["body"] == "bad":
            raise ValueError

    seeing = Seeing()
    logging.getLogger("lambdakit.batch").addHandler(seeing)
    try:
        handler(events.sqs("bad", "good"), FakeContext())
    finally:
        logging.getLogger("lambdakit.batch").removeHandler(seeing)
    assert told == [spans.under(spans[0])[0].span_id]


def test_a_batch_that_fails_as_a_whole_has_a_failed_span(as_kind: AsKind, spans: CapturedSpans, events: Events) -> None:
    def fails(message: Any, context: Any) -> None:
        raise ValueError

    with pytest.raises(BatchError):
        traced(sqs_batch(as_kind(fails)))(events.sqs("a"), FakeContext())
    assert [each.error for each in spans] == ["BatchError", "ValueError"]


def test_below_a_batch_there_are_spans_of_records_only(as_kind: AsKind, spans: CapturedSpans, events: Events) -> None:
    @sqs_batch
    @traced
    @as_kind
    def handler(message: Any, context: Any) -> None:
        with span("charge"):
            pass

    handler(events.sqs("a", "b", queue="orders"), FakeContext())
    assert [each.name for each in spans] == ["process orders", "charge", "process orders", "charge"]
    assert "messaging.batch.message_count" not in spans[0].attributes


def test_records_of_other_sources_have_spans_too(spans: CapturedSpans, events: Events) -> None:
    def passes(record: Any, context: Any) -> None:
        """Do nothing."""

    traced(kinesis_batch(passes))(events.kinesis("a", stream="clicks"), FakeContext())
    batch, record = spans
    assert (batch.name, record.name) == ("process clicks", "process clicks")
    assert attribute(record, "messaging.system") == "aws_kinesis"


@pytest.mark.parametrize("backend", ["otel"], indirect=True)
def test_records_are_linked_to_the_traces_they_were_sent_in(
    as_kind: AsKind, spans: CapturedSpans, events: Events
) -> None:
    event = events.sqs("w3c", "xray", "none")
    w3c, xray, _ = event["Records"]
    w3c["messageAttributes"] = {"traceparent": {"stringValue": PARENT, "dataType": "String"}}
    w3c["attributes"]["AWSTraceHeader"] = HEADER  # of the two, the user's own attribute goes first
    xray["attributes"]["AWSTraceHeader"] = HEADER
    traced(sqs_batch(as_kind(lambda message, context: None)))(event, FakeContext())
    batch, *records = spans
    by_w3c, by_xray = "0af7651916cd43dd8448eb211c80319c", "5759e988bd862e3fe1be46a994272793"
    assert [each.links for each in records] == [[by_w3c], [by_xray], []]
    assert batch.links == [by_w3c, by_xray]
    assert {each.kind for each in spans} == {"consumer"}


@pytest.mark.parametrize("backend", ["otel"], indirect=True)
def test_kafka_records_are_linked_by_their_headers(spans: CapturedSpans) -> None:
    record = {
        "topic": "orders",
        "partition": 0,
        "offset": 15,
        "timestamp": 1,
        "timestampType": "CREATE_TIME",
        "value": "e30=",
        "headers": [{"traceparent": list(PARENT.encode())}, {"other": [1, -2]}, {"odd": None}],
    }
    event = {"eventSource": "aws:kafka", "records": {"orders-0": [record]}}
    traced(kafka_batch(lambda message, context: None))(event, FakeContext())
    batch, of_record = spans
    assert of_record.links == batch.links == ["0af7651916cd43dd8448eb211c80319c"]
    assert of_record.name == batch.name == "process orders"
    assert of_record.attributes["messaging.system"] == "kafka"
    assert of_record.attributes["messaging.kafka.offset"] == 15
    assert of_record.attributes["messaging.destination.partition.id"] == "0"


def test_firehose_records_have_spans_and_their_results_get_through(spans: CapturedSpans) -> None:
    event = {
        "invocationId": "i",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/x",
        "region": "us-east-1",
        "records": [{"recordId": "r-1", "approximateArrivalTimestamp": 1, "data": "aGVsbG8="}],
    }
    handler = traced(firehose_transform(lambda record, context: b"bye"))
    assert handler(event, FakeContext())["records"][0]["result"] == "Ok"
    batch, record = spans
    assert record.parent_id == batch.span_id


def test_an_empty_batch_is_a_span_without_children(spans: CapturedSpans) -> None:
    assert traced(sqs_batch(lambda message, context: None))({"Records": []}, FakeContext()) == {"batchItemFailures": []}
    assert [each.name for each in spans] == ["function"]
