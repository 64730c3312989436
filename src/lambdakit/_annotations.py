"""What an annotation means, at the time when a function is decorated: text in it is evaluated."""

from __future__ import annotations

import sys
from collections import ChainMap
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FunctionType


def resolved(annotation: object, function: FunctionType) -> object:
    """Evaluate what is text in an annotation, in the scopes around the function, innermost first.

    Raises:
        NameError: It names something that is not known yet, or only to type checkers.
        Exception: Whatever evaluating it raises.
    """
    around = ChainMap(*(frame.f_locals for frame in _frames_around(function)))
    holder = SimpleNamespace(__annotations__={"it": annotation})
    return get_type_hints(holder, function.__globals__, around, include_extras=True)["it"]


def _frames_around(function: FunctionType) -> Iterator[FrameType]:
    """The functions and classes that are being run, and that the function may be defined in."""
    if "." not in function.__qualname__:
        return
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals is function.__globals__:
            yield frame
        frame = frame.f_back
