"""Types survive decoration: of plain and async functions, methods, partials; a wrong parameter is an error."""

import functools
from typing import Any, TypeVar, assert_type

from lambdakit import (
    Adapter,
    Context,
    EventMiddleware,
    Handler,
    Middleware,
    Next,
    ResultMiddleware,
    blocking,
    current,
    middleware,
    stack,
)
from lambdakit.testing import FakeContext

E = TypeVar("E")
R = TypeVar("R")


class Order: ...


class Receipt: ...


class OtherLibrarysContext:
    """A context as another library describes it."""

    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    aws_request_id: str
    log_group_name: str
    log_stream_name: str

    def get_remaining_time_in_millis(self) -> int:
        return 0


@middleware
async def keeping(event: E, call_next: Next[E, R]) -> R:
    return await call_next(event)


@middleware
async def parsing(event: dict[str, str], call_next: Next[Order, R]) -> R:
    return await call_next(Order())


@middleware
async def answering(event: E, call_next: Next[E, Receipt]) -> dict[str, str]:
    await call_next(event)
    return {}


@middleware
async def adapting(event: str, call_next: Next[Order, Receipt]) -> int:
    await call_next(Order())
    return 1


assert_type(keeping, Middleware)
assert_type(parsing, EventMiddleware[dict[str, str], Order])
assert_type(answering, ResultMiddleware[dict[str, str], Receipt])
assert_type(adapting, Adapter[str, int, Order, Receipt])


# Plain and async


@keeping
def plain(event: Order, context: Context) -> Receipt:
    return Receipt()


@keeping
async def awaited(event: Order, context: Context) -> Receipt:
    return Receipt()


@keeping
@keeping
async def twice(event: Order, context: Context) -> Receipt:
    return Receipt()


assert_type(plain, Handler[Order, Receipt])
assert_type(awaited, Handler[Order, Receipt])
assert_type(twice, Handler[Order, Receipt])
assert_type(plain(Order(), None), Receipt)
assert_type(awaited(Order(), FakeContext()), Receipt)


async def on_a_loop() -> None:
    assert_type(await awaited.acall(Order(), None), Receipt)
    assert_type(await plain.acall(Order(), None), Receipt)
    assert_type(await blocking(int, "7"), int)


plain("text", None)  # error: mypy[arg-type] pyright[reportArgumentType]
plain(Order(), "text")  # error: mypy[arg-type] pyright[reportArgumentType]
plain(Order())  # error: mypy[call-arg] pyright[reportCallIssue]
wrong_result: int = plain(Order(), None)  # error: mypy[assignment] pyright[reportAssignmentType]


# Contexts (mypy takes `object` for none; annotate an unused context as `Context`)


@keeping
def with_other_context(event: Order, context: OtherLibrarysContext) -> Receipt:
    return Receipt()


@keeping
async def with_any_context(event: Order, context: Any) -> Receipt:
    return Receipt()


@keeping  # error: mypy[type-var]
async def with_object_context(event: Order, context: object) -> Receipt:
    return Receipt()


assert_type(with_other_context, Handler[Order, Receipt])
assert_type(with_any_context, Handler[Order, Receipt])
assert_type(with_object_context, Handler[Order, Receipt])


@keeping  # error: mypy[arg-type] mypy[type-var] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def with_wrong_context(event: Order, context: int) -> Receipt:
    return Receipt()


@keeping  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def with_no_context(event: Order) -> Receipt:
    return Receipt()


# Methods, partials, callables


class Service:
    @keeping
    def handle(self, event: Order, context: Context) -> Receipt:
        return Receipt()

    @keeping
    @keeping
    async def handle_async(self, event: Order, context: Context) -> Receipt:
        return Receipt()

    def bare(self, event: Order, context: Context) -> Receipt:
        return Receipt()

    async def __call__(self, event: Order, context: Context) -> Receipt:
        return Receipt()


def with_table(table: str, event: Order, context: Context) -> Receipt:
    return Receipt()


assert_type(Service().handle, Handler[Order, Receipt])
assert_type(Service().handle_async(Order(), None), Receipt)
assert_type(keeping(Service().bare), Handler[Order, Receipt])
assert_type(keeping(Service()), Handler[Order, Receipt])
assert_type(keeping(functools.partial(with_table, "orders"))(Order(), None), Receipt)


# What changes event or result


@keeping
@parsing
def parsed(event: Order, context: Context) -> Receipt:
    return Receipt()


@answering
async def answered(event: Order, context: Context) -> Receipt:
    return Receipt()


@adapting
@keeping
def adapted(event: Order, context: Context) -> Receipt:
    return Receipt()


assert_type(parsed, Handler[dict[str, str], Receipt])
assert_type(answered, Handler[Order, dict[str, str]])
assert_type(adapted, Handler[str, int])


@parsing  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def parsed_wrongly(event: int, context: Context) -> Receipt:
    return Receipt()


@answering  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
def answered_wrongly(event: Order, context: Context) -> int:
    return 1


# Stacks

assert_type(stack(keeping, keeping, keeping, keeping), Middleware)
assert_type(stack(keeping, parsing), EventMiddleware[dict[str, str], Order])
assert_type(stack(keeping, keeping, adapting, keeping), Adapter[str, int, Order, Receipt])
stack(keeping, "logged")  # error: mypy[call-overload] pyright[reportCallIssue] pyright[reportArgumentType]


# Layers that are wrong


@middleware
async def forgets_to_await(event: E, call_next: Next[E, R]) -> R:
    return call_next(event)  # error: mypy[return-value] pyright[reportReturnType]


@middleware
async def drops_the_coroutine(event: E, call_next: Next[E, R]) -> None:
    call_next(event)  # error: mypy[unused-coroutine] pyright[reportUnusedCoroutine]


@middleware  # error: mypy[arg-type] pyright[reportCallIssue] pyright[reportArgumentType] pyright[reportUntypedFunctionDecorator]
async def takes_too_little(event: E) -> E:
    return event


# The invocation

assert_type(current().request_id, str)
assert_type(current().cold_start, bool)
assert_type(current().remaining, float)
assert_type(current().deadline, float)
assert_type(current().tenant_id, str | None)
assert_type(current().context, Context | None)
current().request_id = "other"  # error: mypy[misc] pyright[reportAttributeAccessIssue]
