"""Layers for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from lambdakit import middleware

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdakit import Next

E = TypeVar("E")
R = TypeVar("R")


@middleware
async def passing(event: E, call_next: Next[E, R]) -> R:
    """Change nothing."""
    return await call_next(event)


def taking_any(function: Callable[[Any, Any], R]) -> Callable[[Any, Any], R]:
    """Tell mypy the types of a lambda's parameters, which it cannot infer through an overloaded decorator."""
    return function
