"""What the annotation of a handler's first parameter means, at the time when the handler is decorated."""

from __future__ import annotations

from typing import Any, TypeVar

from lambdakit._annotations import resolved
from lambdakit._callables import annotation_of, where
from lambdakit._invocation import Context
from lambdakit.errors import HandlerError


def model_of(function: object, decorator: str) -> object:
    """Give the type that the first parameter is annotated with.

    Args:
        function: What a handler was made of.
        decorator: The name of the decorator that asks, for messages.

    Raises:
        HandlerError: There is no annotation, or it cannot be resolved, or it says nothing of the event.
    """
    found = annotation_of(function, 0)
    if found is None:
        raise _cannot_tell(function, decorator, "it has no annotation")
    parameter, annotation, plain = found
    said = annotation if isinstance(annotation, str) else repr(annotation)
    try:
        model = resolved(annotation, plain)
    except NameError as error:
        problem = f"in its annotation, {said}, {error.name!r} is not known when the module is imported"
        hint = " (is it imported under `if TYPE_CHECKING:`? Import it outside)"
        raise _cannot_tell(function, decorator, problem + hint) from error
    except Exception as error:
        raise _cannot_tell(function, decorator, f"its annotation, {said}, cannot be evaluated") from error
    if model is Context:
        problem = f"{parameter!r} is annotated as the context; a handler takes the event first, then the context"
        raise _cannot_tell(function, decorator, problem)
    if says_nothing(model):
        raise _cannot_tell(function, decorator, f"its annotation, {said}, says nothing of it")
    return model


def says_nothing(model: object) -> bool:
    """Whether every event fits a type, or none could: `Any`, `object`, a type variable, None, `...`, text."""
    return model in (Any, object, None, type(None), ...) or isinstance(model, TypeVar | str)


def _cannot_tell(function: object, decorator: str, problem: str) -> HandlerError:
    msg = (
        f"{where(function)}: @{decorator} has to know what the first parameter is, and {problem}. "
        f"Annotate it with a model, as in `event: SQSEvent[Order]`, or write @{decorator}(SQSEvent[Order])."
    )
    return HandlerError(msg)
