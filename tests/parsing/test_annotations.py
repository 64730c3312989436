"""What bare `parse` makes of annotations; here they are text, since this module has the __future__ import."""

from __future__ import annotations

import sys
from collections.abc import Callable  # noqa: TC003 - one of the cases needs it at run time
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import pytest
from pydantic import BaseModel, Field

from lambdakit import Context, HandlerError, parse, payload

if TYPE_CHECKING:
    from decimal import Decimal

T = TypeVar("T")


class Order(BaseModel):
    id: str


def test_models_of_the_module_are_found() -> None:
    @parse
    def handler(order: Order, context: Context) -> Order:
        return order

    assert handler({"id": "a"}, None) == Order(id="a")


def test_models_of_a_function_around_are_found() -> None:
    class Local(BaseModel):
        id: str

    @parse
    def handler(orders: list[Local], context: Context) -> list[Local]:
        return orders

    assert handler([{"id": "a"}], None) == [Local(id="a")]


def test_a_local_name_comes_before_the_same_one_of_the_module() -> None:
    class Order(BaseModel):
        local: int

    @parse
    def handler(order: Order, context: Context) -> Order:
        return order

    assert handler({"local": 1}, None) == Order(local=1)


def test_models_of_a_class_around_are_found() -> None:
    class Shop:
        class Inner(BaseModel):
            id: str

        @parse
        def handler(self, order: Inner, context: Context) -> str:
            return order.id

    assert Shop().handler({"id": "a"}, None) == "a"


def test_a_name_of_the_caller_does_not_get_in_the_way_of_a_function_of_the_module() -> None:
    Order = int
    assert parse(of_the_module)({"id": "a"}, None) == "a"
    assert Order is int


def of_the_module(order: Order, context: Context) -> str:
    return order.id


def test_annotated_rules_are_kept() -> None:
    @parse
    def handler(number: Annotated[int, Field(ge=3)], context: Context) -> int:
        return number

    assert handler(3, None) == 3
    with pytest.raises(ValueError, match="greater than or equal to 3"):
        handler(2, None)


def test_text_within_an_annotation_is_resolved_too() -> None:
    def handler(orders: object, context: Context) -> object:
        return orders

    handler.__annotations__["orders"] = list["Order"]
    assert parse(handler)([{"id": "a"}], None) == [Order(id="a")]


def test_no_annotation_is_told_at_import() -> None:
    def handler(event, context): ...  # type: ignore[no-untyped-def]

    with pytest.raises(HandlerError) as caught:
        parse(handler)
    place = f"{__name__}.test_no_annotation_is_told_at_import.<locals>.handler ({__file__}, line "
    assert str(caught.value).startswith(place)
    assert "@parse has to know what the first parameter is, and it has no annotation." in str(caught.value)
    assert "or write @parse(SQSEvent[Order])" in str(caught.value)


@pytest.mark.parametrize("annotation", ["Any", "object", "T", "None", Any, object, T])
def test_an_annotation_that_says_nothing_is_told_at_import(annotation: object) -> None:
    def handler(event: object, context: Context) -> None: ...

    handler.__annotations__["event"] = annotation
    with pytest.raises(HandlerError, match=r"@payload has to know .* says nothing of it"):
        payload(handler)


def test_a_context_in_the_first_place_is_told_at_import() -> None:
    def handler(context: Context, event: Order) -> None: ...

    with pytest.raises(HandlerError, match="'context' is annotated as the context; a handler takes the event first"):
        parse(handler)  # type: ignore[type-var, arg-type]


def test_a_name_for_type_checkers_only_is_told_at_import() -> None:
    def handler(total: Decimal, context: Context) -> None: ...

    with pytest.raises(HandlerError, match=r"'Decimal' is not known when the module is imported .*TYPE_CHECKING"):
        parse(handler)


@pytest.mark.parametrize("annotation", ["list[", "Order.missing", "Order[3]", "1 / 0"])
def test_an_annotation_that_cannot_be_evaluated_is_told_at_import(annotation: str) -> None:
    def handler(event: object, context: Context) -> None: ...

    handler.__annotations__["event"] = annotation
    with pytest.raises(HandlerError, match="cannot be evaluated"):
        parse(handler)


def test_a_function_of_another_module_is_resolved_there(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("elsewhere")
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    code = (
        "from __future__ import annotations\n"
        "from pydantic import BaseModel\n"
        "class Order(BaseModel):\n    elsewhere: int\n"
        "def handler(order: Order, context: Context) -> int:\n    return order.elsewhere\n"
        "def make(decorate):\n"
        "    class Local(BaseModel):\n        x: int\n"
        "    def handler(local: Local, context: Context): return local.x\n"
        "    return decorate(handler)\n"
    )
    exec(code, vars(module))
    assert parse(module.handler)({"elsewhere": 1}, None) == 1
    assert module.make(through_here)({"x": 2}, None) == 2


def through_here(function: Callable[[Any, Any], Any]) -> Any:
    """Applied from another module than the function is of."""
    return parse(function)
