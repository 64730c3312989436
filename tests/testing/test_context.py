"""FakeContext: what AWS's context has, and a clock that the test moves."""

from __future__ import annotations

import pytest
from awslambdaric.lambda_context import Client, LambdaContext  # type: ignore[import-untyped]
from awslambdaric.lambda_context import ClientContext as AWSClientContext
from hypothesis import given
from hypothesis import strategies as st

from lambdakit import Context, current
from lambdakit.errors import OptionError
from lambdakit.testing import ClientContext, CognitoIdentity, FakeContext, MobileClient
from tests.layers import passing

SECONDS = st.floats(0, 1000)


@pytest.fixture
def aws_context(monkeypatch: pytest.MonkeyPatch) -> LambdaContext:
    """What AWS's runtime client makes."""
    for name, value in {
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    }.items():
        monkeypatch.setenv(name, value)
    client = {"custom": {"a": 1}, "env": {}, "client": {"app_title": "shop"}}
    return LambdaContext("id", client, {"cognitoIdentityId": "c"}, 0, "arn:aws:lambda:r:1:function:f", "acme")


def test_it_has_all_that_awss_context_has_and_of_the_same_types(aws_context: LambdaContext) -> None:
    context = FakeContext(identity=CognitoIdentity("c"), client_context=ClientContext(), tenant_id="t")
    for name in (name for name in dir(aws_context) if not name.startswith("_")):
        ours, theirs = getattr(context, name), getattr(aws_context, name)
        if name in {"identity", "client_context"}:
            assert set(type(theirs).__slots__) <= set(dir(ours))
        elif callable(theirs):
            assert callable(ours)
        else:
            assert type(ours) is type(theirs), name
    assert set(AWSClientContext.__slots__) <= set(dir(ClientContext()))
    assert set(Client.__slots__) <= set(dir(MobileClient()))
    assert type(context.get_remaining_time_in_millis()) is type(aws_context.get_remaining_time_in_millis())
    assert context.w3c() == aws_context.w3c() == {}


def test_it_is_a_context_of_lambdakit() -> None:
    def name_of(context: Context) -> str:
        return context.function_name

    assert name_of(FakeContext(function_name="orders")) == "orders"


def test_names_follow_the_function() -> None:
    context = FakeContext(function_name="orders", function_version="7", memory_limit_in_mb=512)
    assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:orders:7"
    assert context.log_group_name == "/aws/lambda/orders"
    assert "[7]" in context.log_stream_name
    assert context.memory_limit_in_mb == "512"
    assert FakeContext(invoked_function_arn="arn:alias").invoked_function_arn == "arn:alias"


def test_attributes_can_be_set(lambda_context: FakeContext) -> None:
    @passing
    def handler(event: object, context: Context) -> str | None:
        return current().tenant_id

    assert handler({}, lambda_context) is None
    lambda_context.tenant_id = "acme"
    assert handler({}, lambda_context) == "acme"


class TestTime:
    def test_it_stands_still_until_the_test_moves_it(self) -> None:
        context = FakeContext(timeout=3)
        assert context.get_remaining_time_in_millis() == 3000
        context.advance(0.25)
        assert context.get_remaining_time_in_millis() == 2750
        assert context.remaining == 2.75

    def test_it_can_be_set(self, lambda_context: FakeContext) -> None:
        lambda_context.remaining = 2.5
        assert lambda_context.get_remaining_time_in_millis() == 2500

    @given(st.lists(SECONDS))
    def test_it_never_goes_below_zero_or_up(self, steps: list[float]) -> None:
        context = FakeContext()
        before = context.remaining
        for step in steps:
            context.advance(step)
            assert 0 <= context.remaining <= before
            before = context.remaining
        assert context.get_remaining_time_in_millis() == max(0, 30_000 - sum(round(step * 1000) for step in steps))

    @pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), float("inf"), float("-inf")])
    def test_a_time_that_cannot_be_is_an_error(self, seconds: float, lambda_context: FakeContext) -> None:
        with pytest.raises(OptionError, match="advance: expected 0 or more seconds"):
            lambda_context.advance(seconds)
        with pytest.raises(OptionError, match="remaining: expected 0 or more seconds"):
            lambda_context.remaining = seconds
        assert lambda_context.remaining == 30

    @pytest.mark.parametrize("timeout", [0, -1, 900.001, float("nan")])
    def test_a_timeout_that_lambda_does_not_have_is_an_error(self, timeout: float) -> None:
        with pytest.raises(OptionError, match="timeout: expected more than 0 and at most 900 seconds"):
            FakeContext(timeout=timeout)


class TestNext:
    def test_the_next_invocation_has_another_id_and_all_the_time(self) -> None:
        first = FakeContext(timeout=5, function_name="orders", tenant_id="acme")
        first.advance(4)
        second = first.next()
        assert second.aws_request_id != first.aws_request_id
        assert second.remaining == 5
        assert (second.function_name, second.tenant_id) == ("orders", "acme")
        assert (second.log_stream_name, second.log_group_name) == (first.log_stream_name, first.log_group_name)

    def test_who_calls_is_not_carried_over(self) -> None:
        first = FakeContext(
            identity=CognitoIdentity("c"),
            client_context=ClientContext(),
            w3c={"traceparent": "00-1-2-01"},
            trace_header="Root=1-2-3",
        )
        second = first.next()
        assert second.identity == CognitoIdentity()
        assert (second.client_context, second.w3c(), second.trace_header) == (None, {}, None)

    def test_ids_go_on_and_are_the_same_each_time(self) -> None:
        context = FakeContext(aws_request_id="a")
        ids = [context.aws_request_id, context.next().aws_request_id, context.next().next().aws_request_id]
        assert len(set(ids)) == 3
        assert FakeContext(aws_request_id="a").next().aws_request_id == ids[1]


def test_every_context_has_an_id_of_its_own() -> None:
    assert len({FakeContext().aws_request_id for _ in range(100)}) == 100


def test_the_w3c_trace_is_handed_out_as_a_copy() -> None:
    context = FakeContext(w3c={"traceparent": "00-1-2-01"})
    context.w3c().clear()
    assert context.w3c() == {"traceparent": "00-1-2-01"}


def test_a_field_that_lambda_does_not_pass_on_is_an_error() -> None:
    with pytest.raises(OptionError, match=r"w3c: Lambda passes on traceparent, .* got x-trace"):
        FakeContext(w3c={"x-trace": "1"})


def test_log_writes_to_stdout(lambda_context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    lambda_context.log("a line\n")
    assert capsys.readouterr().out == "a line\n"


def test_its_repr_says_how_long_it_has() -> None:
    assert repr(FakeContext(aws_request_id="a", timeout=2.5)) == "<FakeContext a, 2.5 s left>"
