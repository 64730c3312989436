"""Decorators that may be used bare or with options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdakit import HandlerError, LambdakitError, Middleware, OptionError, stack
from lambdakit._configurable import ConfigurableMiddleware
from lambdakit._core import Bound

if TYPE_CHECKING:
    from tests.conftest import AsKind


@ConfigurableMiddleware
def marked(*, mark: str = "default", times: int = 1) -> Middleware:
    """Put a mark on the event."""

    async def layer(event: Any, call_next: Any) -> Any:
        return await call_next(event + mark * times)

    return Middleware(lambda handler: Bound(layer, "marked"))


def test_bare_it_has_the_defaults(as_kind: AsKind) -> None:
    assert marked(as_kind(lambda event, context: event))("e-", None) == "e-default"


def test_with_options_it_gives_the_decorator(as_kind: AsKind) -> None:
    assert marked(mark="x", times=3)(as_kind(lambda event, context: event))("e-", None) == "e-xxx"


def test_with_empty_parentheses_it_has_the_defaults() -> None:
    assert marked()(lambda event, context: event)("e-", None) == "e-default"


def test_both_forms_can_be_stacked() -> None:
    assert stack(marked, marked(mark="x"))(lambda event, context: event)("", None) == "defaultx"


def test_it_shows_the_documentation_of_its_options() -> None:
    assert (marked.__name__, marked.__doc__) == ("marked", "Put a mark on the event.")


def test_an_unknown_option_is_refused_with_the_place_and_the_name_that_was_meant() -> None:
    with pytest.raises(OptionError, match=r"@marked \(.*test_configurable\.py, line \d+\): no option 'tims'") as caught:
        marked(tims=3)  # type: ignore[call-overload]
    assert "did you mean 'times'?" in str(caught.value)
    assert "it takes mark, times" in str(caught.value)


@pytest.mark.parametrize("arguments", [("orders",), (lambda event, context: 1, "orders")])
def test_an_option_without_its_name_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(OptionError, match=r"given by name, as in @marked\(mark=\.\.\.\)"):
        marked(*arguments)


def test_a_handler_with_a_wrong_signature_is_refused() -> None:
    with pytest.raises(HandlerError, match="takes 1 positional argument"):
        marked(lambda event: event)  # type: ignore[arg-type, misc]


def test_the_errors_are_type_errors_and_ours() -> None:
    assert issubclass(OptionError, TypeError)
    assert issubclass(OptionError, LambdakitError)


def test_the_place_is_told_in_code_that_belongs_to_no_package() -> None:
    with pytest.raises(OptionError, match=r"@marked \(script, line 2\): no option 'tims'"):
        exec(compile("\nmarked(tims=3)", "script", "exec"), {"marked": marked, "__package__": None})
