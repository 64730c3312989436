"""The handler and its layers, for plain and async functions alike."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import pickle
import types
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest
import wrapt

from lambdakit import (
    Handler,
    HandlerCancelledError,
    HandlerError,
    RunningLoopError,
    current,
    middleware,
)
from tests.layers import passing, taking_any

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit.testing import FakeContext
    from tests.conftest import AsKind

setting: ContextVar[str] = ContextVar("setting", default="untouched")


@middleware
async def adding(event: Any, call_next: Any) -> Any:
    return [*await call_next([*event, "in"]), "out"]


@passing
def by_name(event: object, context: Any) -> str:
    """Say yes."""
    return "yes"


def test_the_handler_answers_with_what_the_function_returns(as_kind: AsKind, lambda_context: FakeContext) -> None:
    handler = passing(as_kind(lambda event, context: (event, context.aws_request_id)))
    assert handler({"a": 1}, lambda_context) == ({"a": 1}, lambda_context.aws_request_id)


def test_a_handler_can_be_called_with_no_context(as_kind: AsKind) -> None:
    assert passing(as_kind(lambda event, context: context))({}, None) is None


def test_layers_see_event_and_result_in_the_order_of_the_decorators(as_kind: AsKind) -> None:
    @middleware
    async def outer(event: Any, call_next: Any) -> Any:
        return ["outer", *await call_next([*event, "outer"])]

    @middleware
    async def inner(event: Any, call_next: Any) -> Any:
        return ["inner", *await call_next([*event, "inner"])]

    handler = outer(inner(as_kind(lambda event, context: event)))
    assert handler([], None) == ["outer", "inner", "outer", "inner"]


def test_a_layer_may_answer_without_calling_on(as_kind: AsKind) -> None:
    @middleware
    async def refusing(event: Any, call_next: Any) -> Any:
        return "refused"

    def never(event: object, context: Any) -> None:
        pytest.fail("called")

    assert refusing(as_kind(never))({}, None) == "refused"


def test_a_layer_may_call_on_again(as_kind: AsKind) -> None:
    @middleware
    async def retrying(event: Any, call_next: Any) -> Any:
        try:
            return await call_next(event)
        except ValueError:
            return await call_next(event)

    tries = iter([ValueError, None])

    def fails_once(event: object, context: Any) -> str:
        if (error := next(tries)) is not None:
            raise error
        return "done"

    assert retrying(as_kind(fails_once))({}, None) == "done"


def test_an_error_of_the_function_comes_through_as_it_is(as_kind: AsKind) -> None:
    error = ValueError("mine")

    def fails(event: object, context: Any) -> None:
        raise error

    with pytest.raises(ValueError, match="mine") as caught:
        passing(passing(as_kind(fails)))({}, None)
    assert caught.value is error


def test_stacked_decorators_make_one_handler() -> None:
    handler = passing(adding(by_name))
    assert isinstance(handler, Handler)
    assert repr(handler) == "<Handler passing > adding > passing > by_name>"


def test_the_bare_function_stays_at_hand() -> None:
    assert isinstance(by_name.function, types.FunctionType)
    assert by_name.function({}, None) == "yes"


def test_a_handler_looks_like_its_function() -> None:
    assert by_name.__name__ == "by_name"
    assert by_name.__doc__ == "Say yes."
    assert by_name.__module__ == __name__
    assert list(inspect.signature(by_name).parameters) == ["event", "context"]


def test_decorating_a_handler_again_leaves_the_first_one_alone() -> None:
    twice = adding(by_name)
    assert repr(by_name) == "<Handler passing > by_name>"
    assert repr(twice) == "<Handler adding > passing > by_name>"


# Every shape of callable


def test_a_bound_method_works(as_kind: AsKind) -> None:
    class Service:
        greeting: Any = "hello"

        def handle(self, event: Any, context: Any) -> Any:
            return self.greeting + event

    assert passing(as_kind(Service().handle))(" you", None) == "hello you"


def test_a_method_that_is_decorated_in_its_class_is_bound_to_each_instance() -> None:
    class Service:
        def __init__(self, greeting: str) -> None:
            self.greeting: Any = greeting

        @passing
        def handle(self, event: Any, context: Any) -> Any:
            return self.greeting + event

        @passing
        @passing
        async def handle_async(self, event: Any, context: Any) -> Any:
            return self.greeting + event

    first, second = Service("hello"), Service("goodbye")
    assert (first.handle(" you", None), second.handle(" you", None)) == ("hello you", "goodbye you")
    assert (first.handle_async(" you", None), second.handle_async(" you", None)) == ("hello you", "goodbye you")
    assert Service.handle.__name__ == "handle"


def test_a_static_method_works() -> None:
    class Service:
        @passing
        @staticmethod
        def inside(event: Any, context: Any) -> Any:
            return event

        @staticmethod
        @passing
        def outside(event: Any, context: Any) -> Any:
            return event

    assert (Service.inside(1, None), Service().inside(2, None)) == (1, 2)
    assert (Service.outside(1, None), Service().outside(2, None)) == (1, 2)


def test_a_partial_works(as_kind: AsKind) -> None:
    def with_table(table: str, event: Any, context: Any, *, region: str) -> str:
        return f"{table}-{event}-{region}"

    handler = passing(as_kind(functools.partial(with_table, "orders", region="eu")))
    assert handler("e", None) == "orders-e-eu"
    assert "with_table" in repr(passing(functools.partial(with_table, "orders", region="eu")))


def test_a_partial_of_an_async_function_is_async() -> None:
    async def with_table(table: str, event: Any, context: Any) -> str:
        return f"{table}-{event}"

    assert passing(functools.partial(with_table, "orders"))("e", None) == "orders-e"


def test_an_object_that_can_be_called_works() -> None:
    class Plain:
        def __call__(self, event: Any, context: Any) -> Any:
            return event

    class Async:
        async def __call__(self, event: Any, context: Any) -> Any:
            await asyncio.sleep(0)
            return event

    assert passing(Plain())(1, None) == 1
    assert passing(Async())(2, None) == 2
    assert repr(passing(Plain())) == "<Handler passing > Plain>"


def test_a_builtin_works() -> None:
    handler: Any = passing(divmod)
    assert handler(7, 2) == (3, 1)


# Decorators of others


def other(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def test_a_decorator_of_others_under_ours_works(as_kind: AsKind) -> None:
    handler = passing(other(as_kind(lambda event, context: event)))
    assert handler("e", None) == "e"


def test_a_decorator_of_others_between_ours_joins_the_invocation(as_kind: AsKind, lambda_context: FakeContext) -> None:
    seen = []

    @middleware
    async def noting(event: Any, call_next: Any) -> Any:
        seen.append((current().request_id, current().cold_start))
        return await call_next(event)

    handler = noting(other(noting(as_kind(lambda event, context: event))))
    assert handler("e", lambda_context) == "e"
    assert seen[0] == seen[1]
    assert seen[0][0] == lambda_context.aws_request_id


def test_a_decorator_of_others_around_ours_works(as_kind: AsKind) -> None:
    assert other(passing(as_kind(lambda event, context: event)))("e", None) == "e"


def test_a_plain_wrapper_of_an_async_function_without_wraps_is_told_how_to_be_seen() -> None:
    async def handler(event: object, context: Any) -> None: ...

    hidden: Handler[Any, Any] = passing(lambda event, context: handler(event, context))  # noqa: PLW0108 - hiding it is the point
    with pytest.raises(HandlerError, match=r"gave a coroutine\. Make it `async def`"):
        hidden({}, None)


def test_instrumentation_that_patches_the_module_with_wrapt_works(as_kind: AsKind) -> None:
    module = types.ModuleType("app")
    module.handler = passing(as_kind(lambda event, context: event))  # type: ignore[attr-defined]
    calls = []

    def instrumented(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        calls.append(args)
        return wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(module, "handler", instrumented)
    assert module.handler("e", None) == "e"
    assert calls == [("e", None)]


def test_a_function_that_wrapt_has_wrapped_can_be_decorated(as_kind: AsKind) -> None:
    @wrapt.decorator
    def instrumented(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        return wrapped(*args, **kwargs)

    assert passing(instrumented(as_kind(lambda event, context: event)))("e", None) == "e"


def test_a_function_marked_as_a_coroutine_function_is_async() -> None:
    async def handler(event: object, context: Any) -> object:
        return event

    def marked(event: object, context: Any) -> object:
        return handler(event, context)

    marked._is_coroutine_marker = object()  # type: ignore[attr-defined]  # as inspect.markcoroutinefunction does
    assert passing(marked)("e", None) == "e"


# Nested calls, loops, threads


def test_a_plain_handler_works_inside_an_async_one(lambda_context: FakeContext) -> None:
    inner = adding(lambda event, context: [*event, current().request_id])

    @passing
    async def outer(event: Any, context: Any) -> Any:
        await asyncio.sleep(0)
        return inner(event, context)

    assert outer([], lambda_context) == ["in", lambda_context.aws_request_id, "out"]


def test_an_async_handler_works_inside_a_plain_one(lambda_context: FakeContext) -> None:
    @passing
    async def inner(event: Any, context: Any) -> str:
        await asyncio.sleep(0)
        return current().request_id

    outer = passing(taking_any(lambda event, context: inner(event, None)))
    assert outer({}, lambda_context) == lambda_context.aws_request_id


def test_an_async_handler_called_under_a_running_loop_names_acall() -> None:
    @passing
    async def handler(event: object, context: Any) -> None: ...

    async def test() -> None:
        handler({}, None)

    with pytest.raises(RunningLoopError, match=r"test_core.*await handler\.acall"):
        asyncio.run(test())


def test_acall_runs_both_kinds_on_the_loop_of_the_caller(as_kind: AsKind, lambda_context: FakeContext) -> None:
    handler = adding(as_kind(lambda event, context: [*event, current().request_id]))
    assert asyncio.run(handler.acall([], lambda_context)) == ["in", lambda_context.aws_request_id, "out"]


def test_acall_leaves_the_context_of_its_caller_alone() -> None:
    async def handler(event: object, context: Any) -> None:
        setting.set("changed")

    async def test() -> str:
        await passing(handler).acall({}, None)
        return setting.get()

    assert asyncio.run(test()) == "untouched"


def test_cancelling_acall_cancels_the_handler() -> None:
    cancelled = []

    @passing
    async def handler(event: Any, context: Any) -> None:
        event.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def test() -> None:
        started = asyncio.Event()
        task = asyncio.ensure_future(handler.acall(started, None))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(test())
    assert cancelled == [True]


def test_a_context_variable_set_in_one_invocation_is_gone_in_the_next(as_kind: AsKind) -> None:
    def handler(event: object, context: Any) -> str:
        before = setting.get()
        setting.set("changed")
        return before

    decorated = passing(as_kind(handler))
    assert [decorated({}, None), decorated({}, None), setting.get()] == ["untouched"] * 3


def test_handlers_can_run_in_many_threads_at_once(as_kind: AsKind) -> None:
    handler = adding(as_kind(lambda event, context: event))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: handler([n], None), range(200)))
    assert results == [[n, "in", "out"] for n in range(200)]


# Errors that Python treats in its own way


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_a_stop_iteration_of_the_function_stays_one(layers: int) -> None:
    def handler(event: object, context: Any) -> None:
        raise StopIteration("mine")

    decorated: Handler[Any, Any] = Handler(handler)
    for _ in range(layers):
        decorated = passing(decorated)
    with pytest.raises(StopIteration) as caught:
        decorated({}, None)
    assert caught.value.args == ("mine",)
    assert caught.value.__context__ is None


def test_an_escaping_cancelled_error_becomes_an_ordinary_error(as_kind: AsKind) -> None:
    def handler(event: object, context: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(HandlerCancelledError, match=r"test_core.* was cancelled from inside") as caught:
        passing(as_kind(handler))({}, None)
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)


def test_a_handler_that_cancels_its_own_task_gives_an_ordinary_error() -> None:
    @passing
    async def handler(event: object, context: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    with pytest.raises(HandlerCancelledError):
        handler({}, None)


def test_other_base_exceptions_pass_through_and_finally_runs(as_kind: AsKind) -> None:
    class Suspend(BaseException):
        pass

    finished = []

    @middleware
    async def finishing(event: Any, call_next: Any) -> Any:
        try:
            return await call_next(event)
        finally:
            finished.append(True)

    def handler(event: object, context: Any) -> None:
        raise Suspend

    with pytest.raises(Suspend):
        finishing(as_kind(handler))({}, None)
    assert finished == [True]


# Copies


def test_a_handler_is_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(by_name)) is by_name


def test_a_copy_of_a_handler_is_the_handler() -> None:
    assert copy.copy(by_name) is by_name
    assert copy.deepcopy(by_name) is by_name


# What cannot be a handler, told when it is decorated


def two_too_few() -> None: ...


def one_too_few(event: object) -> None: ...


def one_too_many(event: object, context: object, more: object) -> None: ...


def needs_keyword(event: object, context: object, *, table: str) -> None: ...


def generator(event: object, context: Any) -> Any:
    yield event


async def async_generator(event: object, context: Any) -> Any:
    yield event


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (two_too_few, "takes 0 positional arguments"),
        (one_too_few, "takes 1 positional argument,"),
        (one_too_many, "takes 3 positional arguments"),
        (needs_keyword, "needs the keyword argument 'table'"),
        (generator, "is a generator"),
        (async_generator, "is a generator"),
        (functools.partial(one_too_many), "takes 3 positional arguments"),
        (functools.partial(one_too_many, context=1), "takes 1 positional argument"),
        (TypeError, "is a class"),
        (42, "cannot be called"),
        ("orders", "cannot be called"),
        (None, "cannot be called"),
    ],
)
def test_what_cannot_be_a_handler_is_refused_at_import(function: Any, problem: str) -> None:
    with pytest.raises(HandlerError, match=problem) as caught:
        passing(function)
    assert "(event, context)" in str(caught.value)


def test_the_refusal_names_the_function_and_its_line() -> None:
    line = one_too_few.__code__.co_firstlineno
    with pytest.raises(HandlerError, match=rf"tests\.test_core\.one_too_few \(.*test_core\.py, line {line}\)"):
        passing(one_too_few)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "function",
    [
        lambda event, context: True,
        lambda event, context=None: True,
        lambda *args: True,
        lambda event, *args, **kwargs: True,
        lambda event, context, more=1, *, table="orders": True,
        functools.partial(one_too_many, more=1),
        functools.partial(needs_keyword, table="orders"),
    ],
)
def test_what_can_be_called_with_event_and_context_is_accepted(function: Any) -> None:
    assert passing(function)({}, None) in (True, None)
