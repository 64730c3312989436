"""The pytest plugin: its fixtures are there wherever lambdakit is installed beside pytest.

pytest loads this module in every run, so it imports next to nothing; a fixture imports what it needs when a test asks
for it. A fixture of the same name in a test module or a conftest.py goes before the one here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdakit import _invocation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._events import Events
    from .context import FakeContext
    from .logs import CapturedLogs
    from .metrics import CapturedMetrics
    from .overriding import Override
    from .spans import CapturedSpans

# Otherwise the first test that calls a handler sees a cold start, whichever test that happens to be.
_invocation._cold = False


@pytest.fixture
def lambda_context(request: pytest.FixtureRequest) -> FakeContext:
    """The context that Lambda hands to a handler, with a clock that only the test moves.

    Its `aws_request_id` is the test's own, and the same in every run.
    """
    from ._ids import Ids  # noqa: PLC0415 - see above
    from .context import FakeContext  # noqa: PLC0415

    return FakeContext(aws_request_id=Ids(f"{request.node.nodeid} lambda_context").uuid())


@pytest.fixture
def events(request: pytest.FixtureRequest) -> Events:
    """Builds the events of AWS's services: `events.sqs(Order(...))`.

    The ids in them are the test's own, and the same in every run.
    """
    from ._events import Events  # noqa: PLC0415 - see above

    return Events(request.node.nodeid)


@pytest.fixture
def cold_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the next invocation the first of its sandbox; without it, every invocation in a test is a warm one.

    Lambda's own rule holds: with `AWS_LAMBDA_INITIALIZATION_TYPE=provisioned-concurrency` nobody waited for the start,
    and `current().cold_start` stays False.
    """
    monkeypatch.setattr(_invocation, "_cold", True)


@pytest.fixture
def captured_logs() -> Iterator[CapturedLogs]:
    """The lines that the test has logged, as objects: `captured_logs[0].fields["order"]`.

    Those of `log`, of `structlog.get_logger()`, and of the standard library's `logging`. They are still written.
    """
    from .logs import CapturedLogs  # noqa: PLC0415 - see above

    with CapturedLogs() as logs:
        yield logs


@pytest.fixture
def captured_metrics(monkeypatch: pytest.MonkeyPatch) -> CapturedMetrics:
    """What the test has recorded with `metrics`, as CloudWatch reads it: `captured_metrics.values("Charged")`.

    The lines are still written, and a meter still gets what it should.
    """
    from .metrics import capture  # noqa: PLC0415 - see above

    return capture(monkeypatch)


@pytest.fixture
def captured_spans() -> Iterator[CapturedSpans]:
    """The spans of the test that have ended: `captured_spans["charge"].attributes`. Nothing is sent.

    A handler that has no tracer gets one, so `traced` and `span` work as they do in production.
    """
    from .spans import CapturedSpans  # noqa: PLC0415 - see above

    with CapturedSpans() as spans:
        yield spans


@pytest.fixture
def override() -> Iterator[Override]:
    """Puts something else in place of a client, or of any lazy value, for this test: `override(s3, FakeS3())`."""
    from .overriding import Override  # noqa: PLC0415 - see above

    with Override() as overrides:
        yield overrides
