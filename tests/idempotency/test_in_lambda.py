"""`idempotent` under AWS's own runtime client, in sandboxes that are processes of their own, over real stores."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lambdakit.testing import InitError, LocalRuntime
from tests.stores.dynamodb_tables import make_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from lambdakit.testing import Events

KINDS = pytest.mark.parametrize("kind", ["def", "async def"])

CHARGE = """
    import os
    from pathlib import Path

    from lambdakit import idempotent
    from lambdakit.stores import DynamoDBStore, MemoryStore, RedisStore

    STORES = {
        "dynamodb": lambda: DynamoDBStore(os.environ["TABLE"]),
        "redis": lambda: RedisStore(os.environ["REDIS"]),
    }

    @idempotent(STORES[os.environ["STORE"]](), key=lambda event: event["order"], fingerprint=None)
    KIND handler(event, context):
        with open("charges", "a") as charges:
            charges.write("c")
        for trouble in event.get("trouble", ()):
            if trouble == "die":
                os._exit(1)
            if trouble == "fail":
                raise ValueError("declined")
            if trouble == "stay":
                import time
                time.sleep(60)
        return {"receipt": len(Path("charges").read_text())}
"""


class Deployed(NamedTuple):
    """A function that was deployed: each `with deployed.sandbox()` is a sandbox of its own."""

    root: Path
    environment: Mapping[str, str]

    def sandbox(self, *, timeout: float = 20.0) -> LocalRuntime:
        return LocalRuntime(
            "app.handler", task_root=self.root, environment=self.environment, timeout=timeout, init_timeout=60
        )

    def charges(self) -> int:
        return len((self.root / "charges").read_text()) if (self.root / "charges").exists() else 0


@pytest.fixture(params=["dynamodb", "redis"])
def environment(request: pytest.FixtureRequest) -> Iterator[Mapping[str, str]]:
    """What leads to a store."""
    if request.param == "redis":
        yield {"STORE": "redis", "REDIS": request.getfixturevalue("redis_server").new_url()}
        return
    server = request.getfixturevalue("dynalite_server")
    with server.client() as client:
        table = make_table(client, server.new_table_name())
    yield {**server.environment(), "STORE": "dynamodb", "TABLE": table}


@pytest.fixture
def deploy(tmp_path: Path, environment: Mapping[str, str]) -> Callable[[str], Deployed]:
    def deploy(source: str) -> Deployed:
        (tmp_path / "app.py").write_text(dedent(source), encoding="utf-8")
        variables = {name: value for name, value in environment.items() if name != "AWS_DEFAULT_REGION"}
        return Deployed(tmp_path, variables)

    return deploy


@KINDS
def test_a_repetition_is_answered_in_every_sandbox(deploy: Callable[[str], Deployed], kind: str) -> None:
    deployed = deploy(CHARGE.replace("KIND", kind))
    with deployed.sandbox() as first, deployed.sandbox() as second:
        outcomes = [sandbox.invoke({"order": "o-1"}) for sandbox in (first, first, second)]
    assert [(outcome.result, outcome.error) for outcome in outcomes] == [({"receipt": 1}, None)] * 3
    assert deployed.charges() == 1


@KINDS
def test_a_handler_that_failed_runs_again(deploy: Callable[[str], Deployed], kind: str) -> None:
    deployed = deploy(CHARGE.replace("KIND", kind))
    with deployed.sandbox() as first, deployed.sandbox() as second:
        failed = first.invoke({"order": "o-1", "trouble": ["fail"]})
        assert failed.error is not None
        assert failed.error.type == "ValueError"
        assert second.invoke({"order": "o-1"}).result == {"receipt": 2}


def error_of(outcome: Any) -> str:
    assert outcome.error is not None, outcome.result
    return str(outcome.error.type)


@pytest.mark.parametrize(
    ("environment", "kind", "trouble", "ended_by"),
    [("dynamodb", "def", "stay", "Sandbox.Timedout"), ("redis", "async def", "die", "Runtime.ExitError")],
    indirect=["environment"],
)
def test_the_claim_of_a_sandbox_that_died_holds_until_its_lock_ends_and_is_then_taken_over(
    deploy: Callable[[str], Deployed], kind: str, trouble: str, ended_by: str
) -> None:
    # `die` is os._exit in the handler; for one that stays, the sandbox is killed with SIGKILL at the time-out.
    deployed = deploy(CHARGE.replace("KIND", kind))
    with deployed.sandbox(timeout=2.0) as first, deployed.sandbox() as second:
        assert error_of(first.invoke({"order": "o-1", "trouble": [trouble]})) == ended_by
        assert deployed.charges() == 1
        assert error_of(second.invoke({"order": "o-1"})) == "InProgressError"
        assert error_of(first.invoke({"order": "o-1"})) == "InProgressError"  # Lambda's retry, in a new sandbox
        while (outcome := second.invoke({"order": "o-1"})).error is not None:
            assert outcome.error.type == "InProgressError"
            assert deployed.charges() == 1
        assert outcome.result == {"receipt": 2}
        assert first.invoke({"order": "o-1"}).result == {"receipt": 2}


@pytest.mark.parametrize("environment", ["dynamodb"], indirect=True)
def test_a_message_whose_twin_is_at_work_fails_and_comes_again(
    deploy: Callable[[str], Deployed], events: Events
) -> None:
    source = CHARGE.replace("    @idempotent", "    @sqs_batch\n    @payload(dict)\n    @idempotent").replace(
        "KIND", "def"
    )
    deployed = deploy(source.replace("import idempotent", "import idempotent, payload, sqs_batch"))
    dying: Any = events.sqs({"order": "o-1", "trouble": ["die"]})
    event: Any = events.sqs({"order": "o-1"}, {"order": "o-2"})
    twin = event["Records"][0]["messageId"]
    with deployed.sandbox(timeout=2.0) as first, deployed.sandbox() as second:
        assert error_of(first.invoke(dying)) == "Runtime.ExitError"
        assert second.invoke(event).result == {"batchItemFailures": [{"itemIdentifier": twin}]}
        assert deployed.charges() == 2
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
        while second.invoke(event).result != {"batchItemFailures": []}:
            assert deployed.charges() == 2
        assert second.invoke(event).result == {"batchItemFailures": []}
    assert deployed.charges() == 3


@KINDS
@pytest.mark.parametrize("initialization", ["on-demand", "provisioned-concurrency", "snap-start"])
def test_a_store_of_one_sandbox_is_refused_at_import(tmp_path: Path, kind: str, initialization: Any) -> None:
    source = f"""
        from lambdakit import idempotent
        from lambdakit.stores import MemoryStore

        @idempotent(MemoryStore(), key=lambda event: event["order"])
        {kind} handler(event, context): ...
    """
    (tmp_path / "app.py").write_text(dedent(source), encoding="utf-8")
    runtime = LocalRuntime("app.handler", task_root=tmp_path, initialization_type=initialization, init_timeout=60)
    with pytest.raises(InitError, match=r"@idempotent \(.*app\.py, line 5\): MemoryStore keeps its records where"):
        runtime.__enter__()
