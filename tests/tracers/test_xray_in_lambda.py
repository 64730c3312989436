"""X-Ray's documents from AWS's own runtime client, received over real UDP."""

from __future__ import annotations

import json
from time import time
from typing import TYPE_CHECKING, Any

import pytest

from lambdakit.testing import LocalRuntime

if TYPE_CHECKING:
    from lambdakit.testing import Events
    from tests.tracers.conftest import App
    from tests.tracers.receivers import Daemon

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"
SAMPLED = f"Root={ROOT};Parent={PARENT};Sampled=1"

HANDLER = """
    from lambdakit import logged, log, span, traced

    @logged
    @traced
    {kind} handler(event, context):
        with span("charge", order=event["order"]) as charge:
            charge.event("asked", amount=12)
            log.info("charging")
            if event.get("fail"):
                try:
                    {{}}["account"]
                except KeyError as error:
                    raise ValueError("no money") from error
        return event["order"]
"""


def lambda_with(app: App, source: str, daemon: Daemon, **options: Any) -> LocalRuntime:
    """A runtime whose documents go to a receiver."""
    variables = {"LAMBDAKIT_TRACER": "xray", "AWS_XRAY_DAEMON_ADDRESS": daemon.address}
    variables |= options.pop("environment", {})
    return LocalRuntime(
        "app.handler",
        task_root=app(source),
        environment=variables,
        init_timeout=30,
        timeout=30,
        function_name="orders",
        **options,
    )


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_trace_arrives_whole(app: App, daemon: Daemon, kind: str) -> None:
    before = time()
    with lambda_with(app, HANDLER.format(kind=kind), daemon) as runtime:
        outcome = runtime.invoke({"order": "o-1"}, trace_id=SAMPLED)
        root, charge = daemon.documents(2)
        assert daemon.rest() == []
    assert outcome.result == "o-1"
    assert (root["name"], root["type"], root["trace_id"], root["parent_id"]) == ("orders", "subsegment", ROOT, PARENT)
    assert (charge["name"], charge["trace_id"], charge["parent_id"]) == ("charge", ROOT, root["id"])
    assert root["annotations"] == {"faas_coldstart": True}
    assert charge["annotations"] == {"order": "o-1"}
    (event,) = charge["metadata"]["default"]["events"]
    assert (event["name"], event["attributes"]) == ("asked", {"amount": 12})
    assert before <= root["start_time"] <= charge["start_time"] <= charge["end_time"] <= root["end_time"] <= time()
    assert {"fault", "error", "throttle", "cause"}.isdisjoint(root)
    line = json.loads(outcome.logs[0])
    assert (line["trace_id"], line["span_id"]) == (ROOT, charge["id"])


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_an_error_is_told_with_its_causes_and_once(app: App, daemon: Daemon, kind: str) -> None:
    with lambda_with(app, HANDLER.format(kind=kind), daemon) as runtime:
        outcome = runtime.invoke({"order": "o-1", "fail": True}, trace_id=SAMPLED)
        root, charge = daemon.documents(2)
    assert outcome.error is not None
    assert outcome.error.type == "ValueError"
    error, cause = charge["cause"]["exceptions"]
    assert (error["type"], error["message"], error["cause"]) == ("ValueError", "no money", cause["id"])
    assert (cause["type"], cause["message"]) == ("KeyError", "'account'")
    assert (error["stack"][-1]["path"], error["stack"][-1]["label"]) == ("app.py", "handler")
    assert root["cause"] == error["id"]
    assert root["fault"] is charge["fault"] is True


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_batch_arrives_as_a_tree(app: App, daemon: Daemon, kind: str, events: Events) -> None:
    source = """
        from lambdakit import span, sqs_batch, traced

        @traced
        @sqs_batch(concurrency=10)
        {kind} handler(message, context):
            with span("charge", order=message["body"]):
                if message["body"] == "bad":
                    raise ValueError("no money")
    """
    event = events.sqs("good", "bad", *map(str, range(18)), queue="orders")
    with lambda_with(app, source.format(kind=kind), daemon) as runtime:
        outcome = runtime.invoke(event, trace_id=SAMPLED)
        batch, *rest = daemon.documents(41)
    bad = event["Records"][1]["messageId"]
    assert outcome.result == {"batchItemFailures": [{"itemIdentifier": bad}]}
    assert (batch["name"], batch["parent_id"]) == ("process orders", PARENT)
    assert batch["annotations"]["messaging_batch_message_count"] == 20
    of_record = {document["annotations"].get("messaging_message_id"): document for document in rest}
    for record in event["Records"]:
        processed = of_record[record["messageId"]]
        (charge,) = [document for document in rest if document["parent_id"] == processed["id"]]
        assert processed["parent_id"] == batch["id"]
        assert charge["annotations"] == {"order": record["body"]}
        assert processed.get("fault", False) == charge.get("fault", False) == (record["messageId"] == bad)


@pytest.mark.parametrize(
    "header",
    [
        f"Root={ROOT};Parent={PARENT};Sampled=0",
        f"Root={ROOT};Parent={PARENT};Sampled=?",
        f"Root={ROOT};Parent={PARENT}",
        f"Root={ROOT};Sampled=1",
        "nonsense",
    ],
)
def test_what_is_not_sampled_is_not_sent(app: App, daemon: Daemon, header: str) -> None:
    with lambda_with(app, HANDLER.format(kind="def"), daemon) as runtime:
        unsampled = runtime.invoke({"order": "o-0"}, trace_id=header)
        assert runtime.invoke({"order": "o-1"}, trace_id=SAMPLED).result == "o-1"
        assert len(daemon.documents(2)) == 2
        assert daemon.rest() == []
    assert unsampled.result == "o-0"
    assert "span_id" not in json.loads(unsampled.logs[0])


def test_a_thousand_invocations_lose_nothing_and_mix_nothing_up(app: App, daemon: Daemon) -> None:
    source = """
        import asyncio

        from lambdakit import span, traced

        @traced
        async def handler(event, context):
            with span("outer", number=event):
                await asyncio.gather(inner(event), inner(event), asyncio.to_thread(plain, event))

        @span("inner")
        async def inner(number):
            span.current().set(number=number)
            await asyncio.sleep(0)

        @span("plain")
        def plain(number):
            span.current().set(number=number)
    """
    with lambda_with(app, source, daemon) as runtime:
        for number in range(1000):
            # The trace is the same, as it is when Lambda tries again: only the parent differs.
            parent = f"{number:016x}"
            outcome = runtime.invoke(number, trace_id=f"Root={ROOT};Parent={parent};Sampled=1" if number else SAMPLED)
            assert (outcome.error, outcome.logs) == (None, ())
            documents = {document["name"]: document for document in daemon.documents(5)}
            root, outer = documents["orders"], documents["outer"]
            assert root["parent_id"] == (parent if number else PARENT)
            assert outer["parent_id"] == root["id"]
            assert documents["inner"]["parent_id"] == documents["plain"]["parent_id"] == outer["id"]
            assert {documents[name]["annotations"]["number"] for name in ("outer", "inner", "plain")} == {number}
        assert daemon.rest() == []


def test_a_document_that_is_too_large_is_made_smaller(app: App, daemon: Daemon) -> None:
    source = """
        from lambdakit import span, traced

        @traced
        def handler(event, context):
            with span("metadata", order="o-1", parts=["x" * 1000] * 100):
                pass
            with span("stack") as failed:
                failed.fail(ValueError("x" * 100_000))
            with span("hopeless", **{f"number_{n}": "x" * 1000 for n in range(100)}):
                pass
            with span("hopeless", **{f"number_{n}": "x" * 1000 for n in range(100)}):
                pass
    """
    with lambda_with(app, source, daemon) as runtime:
        outcome = runtime.invoke({}, trace_id=SAMPLED)
        root, metadata, stack = daemon.documents(3)
        assert daemon.rest() == []
    assert (outcome.error, root["name"]) == (None, "orders")
    assert (metadata["name"], metadata["annotations"]) == ("metadata", {"order": "o-1"})
    assert "dropped" in metadata["metadata"]["lambdakit"]
    (error,) = stack["cause"]["exceptions"]
    assert error["message"] == "x" * 1000
    (told,) = outcome.logs
    assert "'hopeless' was lost: ValueError: its document has" in told


def test_without_a_daemon_nothing_happens(app: App, daemon: Daemon) -> None:
    with lambda_with(
        app, HANDLER.format(kind="def"), daemon, environment={"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9"}
    ) as runtime:
        outcomes = [runtime.invoke({"order": number}, trace_id=SAMPLED) for number in range(3)]
    assert [outcome.result for outcome in outcomes] == [0, 1, 2]
    assert [len(outcome.logs) for outcome in outcomes] == [1, 1, 1]


@pytest.mark.parametrize("asked", [True, False])
def test_botocore_is_patched_when_asked_and_its_calls_are_beneath_the_span(
    app: App, daemon: Daemon, moto_sqs: Any, asked: bool
) -> None:
    source = f"""
        import asyncio

        import boto3

        from lambdakit import blocking, span, traced
        from lambdakit.tracers import XRayTracer

        @traced(tracer=XRayTracer({'patch=("botocore",)' if asked else ""}))
        async def handler(event, context):
            await asyncio.gather(ask("a"), ask("b"))

        async def ask(name):
            with span(name):
                await blocking(client.list_queues)

        client = boto3.client("sqs")
    """
    variables = {"AWS_ENDPOINT_URL": moto_sqs.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with lambda_with(app, source, daemon, environment=variables) as runtime:
        assert runtime.invoke({}, trace_id=SAMPLED).error is None
        documents = daemon.documents(5 if asked else 3)
        assert daemon.rest() == []
    by_name = {document["name"]: document for document in documents if document["name"] != "sqs"}
    calls = [document for document in documents if document["name"] == "sqs"]
    assert {call["parent_id"] for call in calls} == ({by_name["a"]["id"], by_name["b"]["id"]} if asked else set())
    assert [call["aws"]["operation"] for call in calls] == ["ListQueues"] * len(calls)
    assert by_name["a"]["parent_id"] == by_name["b"]["parent_id"] == by_name["orders"]["id"]


def test_the_sdks_own_recorder_works_beneath_it(app: App, daemon: Daemon) -> None:
    source = """
        from aws_xray_sdk.core import xray_recorder

        from lambdakit import span, traced

        @traced
        def handler(event, context):
            with span("outer"):
                with xray_recorder.in_subsegment("sdk") as sdk:
                    sdk.put_annotation("a", 1)
                    with span("inner"):
                        span.current().set(b=2)
                xray_recorder.put_annotation("c", 3)
    """
    with lambda_with(app, source, daemon) as runtime:
        assert runtime.invoke({}, trace_id=SAMPLED).error is None
        root, outer, sdk, inner = daemon.documents(4)
        assert daemon.rest() == []
    assert [outer["parent_id"], sdk["parent_id"], inner["parent_id"]] == [root["id"], outer["id"], sdk["id"]]
    assert [each["annotations"] for each in (outer, sdk, inner)] == [{"c": 3}, {"a": 1}, {"b": 2}]
