"""Fixtures for tests of everything that serves both kinds of handler, and servers that several tests speak to."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.moto_sqs import MotoSQS

AsKind: TypeAlias = "Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]"


@pytest.fixture(params=["plain", "async"])
def as_kind(request: pytest.FixtureRequest) -> AsKind:
    """Gives a plain function back as the kind of handler under test: once plain, once async."""
    if request.param == "plain":
        return lambda function: function

    def make_async(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @functools.wraps(function)
        async def handler(event: Any, context: Any) -> Any:
            return function(event, context)

        return handler

    return make_async


@pytest.fixture(scope="session")
def moto_sqs() -> Iterator[MotoSQS]:
    """moto's SQS server."""
    from tests.moto_sqs import running

    with running() as server:
        yield server
