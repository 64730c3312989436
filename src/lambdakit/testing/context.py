"""A context for tests: what AWS's runtime client hands to a handler, with a clock that only the test moves."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

from lambdakit.errors import OptionError

from ._ids import ACCOUNT, REGION, Ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdakit import Context

_W3C = ("traceparent", "tracestate", "baggage")

_ids = Ids("lambdakit.testing.FakeContext")


@dataclass(slots=True)
class CognitoIdentity:
    """Who called, where the caller signed in with Amazon Cognito."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


@dataclass(slots=True)
class MobileClient:
    """The app that called, through an AWS Mobile SDK."""

    installation_id: str | None = None
    app_title: str | None = None
    app_version_name: str | None = None
    app_version_code: str | None = None
    app_package_name: str | None = None


@dataclass(slots=True)
class ClientContext:
    """What a caller sent along beside the event, in the header `X-Amz-Client-Context`."""

    custom: dict[str, object] = field(default_factory=dict)
    env: dict[str, object] = field(default_factory=dict)
    client: MobileClient | None = None


class FakeContext:
    """A Lambda context for tests; what `handler(event, context)` takes.

    It has every attribute that the context of AWS's runtime client has; as there, they can be set. Its time stands
    still: only the test moves it, with `advance` or `remaining`.

    Args:
        aws_request_id: The id of the invocation; by default a new one. Lambda repeats it when it tries again.
        function_name: The name of the function; the log group and the ARN follow it.
        function_version: The version of the function.
        invoked_function_arn: The ARN that was called; give it to have an alias in it.
        memory_limit_in_mb: MiB. The attribute is a string, as it is on Lambda.
        timeout: Seconds that the invocation may take in all: more than 0, at most 900.
        tenant_id: The tenant, in a function with tenant isolation.
        trace_header: The X-Ray trace header, `Root=1-...;Parent=...;Sampled=1`. It is not part of the context:
            `run` puts it where Lambda does, in the environment.
        w3c: What `w3c()` answers: any of `traceparent`, `tracestate` and `baggage`.
        identity: Who called, if that was through Amazon Cognito.
        client_context: What the caller sent along.

    Raises:
        OptionError: A value that the option cannot have.
    """

    def __init__(
        self,
        *,
        aws_request_id: str | None = None,
        function_name: str = "function",
        function_version: str = "$LATEST",
        invoked_function_arn: str | None = None,
        memory_limit_in_mb: int = 128,
        timeout: float = 30.0,
        tenant_id: str | None = None,
        trace_header: str | None = None,
        w3c: Mapping[str, str] | None = None,
        identity: CognitoIdentity | None = None,
        client_context: ClientContext | None = None,
    ) -> None:
        if not 0 < timeout <= 900:
            msg = f"timeout: expected more than 0 and at most 900 seconds, as on Lambda; got {timeout}"
            raise OptionError(msg)
        if unknown := set(w3c or {}).difference(_W3C):
            msg = f"w3c: Lambda passes on {', '.join(_W3C)} and nothing else; got {', '.join(sorted(unknown))}"
            raise OptionError(msg)
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function_name}"
        versioned = arn if function_version == "$LATEST" else f"{arn}:{function_version}"
        self.aws_request_id = _ids.uuid() if aws_request_id is None else aws_request_id
        self.function_name = function_name
        self.function_version = function_version
        self.invoked_function_arn = versioned if invoked_function_arn is None else invoked_function_arn
        self.memory_limit_in_mb = str(memory_limit_in_mb)
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = f"2026/01/01/[{function_version}]{Ids(function_name).hex(32)}"
        self.identity = CognitoIdentity() if identity is None else identity
        self.client_context = client_context
        self.tenant_id = tenant_id
        self.trace_header = trace_header
        self._w3c = dict(w3c or {})
        self._timeout = timeout
        self._left = _milliseconds(timeout)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation; never less than 0."""
        return self._left

    def w3c(self) -> dict[str, str]:
        """The W3C trace context that the caller sent along."""
        return dict(self._w3c)

    def log(self, msg: object) -> None:
        """Write to stdout, where the real one writes to the function's log."""
        sys.stdout.write(str(msg))

    @property
    def remaining(self) -> float:
        """Seconds until Lambda ends this invocation: 0 or more. Can be set."""
        return self._left / 1000

    @remaining.setter
    def remaining(self, seconds: float) -> None:
        if not (isfinite(seconds) and seconds >= 0):
            msg = f"remaining: expected 0 or more seconds; got {seconds}"
            raise OptionError(msg)
        self._left = _milliseconds(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: How long; past the end of the invocation, 0 remain.

        Raises:
            OptionError: The time is negative, infinite or no number.
        """
        if not (isfinite(seconds) and seconds >= 0):
            msg = f"advance: expected 0 or more seconds, since time does not run backwards; got {seconds}"
            raise OptionError(msg)
        self._left = max(0, self._left - _milliseconds(seconds))

    def next(self) -> FakeContext:
        """The context of the next invocation in the same sandbox: another request id, and all the time again.

        The tenant stays, since Lambda never shares a sandbox between tenants. Who calls, and in which trace, is told
        anew with each invocation, so these are not carried over.
        """
        following = FakeContext(
            aws_request_id=Ids(self.aws_request_id).uuid(),
            function_name=self.function_name,
            function_version=self.function_version,
            invoked_function_arn=self.invoked_function_arn,
            memory_limit_in_mb=int(self.memory_limit_in_mb),
            timeout=self._timeout,
            tenant_id=self.tenant_id,
        )
        following.log_group_name = self.log_group_name
        following.log_stream_name = self.log_stream_name
        return following

    def __repr__(self) -> str:
        return f"<FakeContext {self.aws_request_id}, {self.remaining:g} s left>"


if TYPE_CHECKING:
    _is_one: Context = FakeContext()


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
