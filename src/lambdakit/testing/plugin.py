"""The pytest plugin: its fixtures are there wherever lambdakit is installed beside pytest.

pytest loads this module in every run, so it imports next to nothing; a fixture imports what it needs when a test asks
for it. A fixture of the same name in a test module or a conftest.py goes before the one here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdakit import _invocation

if TYPE_CHECKING:
    from ._events import Events
    from .context import FakeContext

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
