"""`traced` keeps the types of a handler, and `span` those of any function."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from lambdakit import Context, Handler, span, sqs_batch, stack, traced
from lambdakit.batch.sqs import SQSBatchResponse
from lambdakit.tracers import OTelTracer, XRayTracer
from lambdakit.tracing import Span, Tracer


@traced
def plain(event: int, context: Context) -> str:
    return str(event)


@traced(tracer=OTelTracer())
async def awaited(event: int, context: Context) -> str:
    return str(event)


assert_type(plain, Handler[int, str])
assert_type(awaited, Handler[int, str])
assert_type(stack(traced, sqs_batch)(lambda message, context: None)({}, None), SQSBatchResponse)

tracers: list[Tracer] = [OTelTracer(), XRayTracer(patch=("botocore",))]

traced(tracer="otel")  # error: mypy[call-overload] pyright[reportArgumentType]
traced(tracers=OTelTracer())  # error: mypy[call-overload] pyright[reportCallIssue]


@span("add")
def add(a: int, /, *, b: int = 1) -> int:
    return a + b


@span("add", unit="EUR")
async def add_async(a: int) -> int:
    return a


@span("count")
def count(upto: int) -> Iterator[int]:
    yield from range(upto)


@span("count")
async def count_async(upto: int) -> AsyncIterator[int]:
    yield upto


class Bank:
    @span("charge")
    def charge(self, amount: int) -> str:
        return str(amount)

    @span("open")
    @classmethod
    def open(cls, name: str) -> "Bank":
        return cls()


assert_type(add(1, b=2), int)
assert_type(count(1), Iterator[int])
assert_type(count_async(1), AsyncIterator[int])
assert_type(Bank().charge(1), str)
assert_type(Bank.open("x"), Bank)
add("1")  # error: mypy[arg-type] pyright[reportArgumentType]


async def main() -> None:
    assert_type(await add_async(1), int)
    with span("charge", order="o-1", total=12.5) as charge:
        assert_type(charge, Span)
        charge.set(paid=True)
        charge.event("asked", amount=1)
        charge.fail(ValueError("no"))
        charge.fail("no")
        charge.fail(1)  # error: mypy[arg-type] pyright[reportArgumentType]
    span.current().set(a=1)


span()  # error: mypy[call-arg] pyright[reportCallIssue]
