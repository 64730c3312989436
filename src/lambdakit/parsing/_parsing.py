"""The decorators that make a model of an event before the handler gets it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic_core import to_json

from lambdakit._callables import where
from lambdakit._configurable import called_at
from lambdakit._core import Bound, Handler
from lambdakit._middleware import Decorator, EventMiddleware
from lambdakit._payload import carried_payload, source_of
from lambdakit._payload.origin import as_sent, origin
from lambdakit._payload.schemas import reads_text
from lambdakit.errors import HandlerError, OptionError, ParseError

from ._annotations import model_of, says_nothing
from ._problems import listed, problems_of
from ._schema import is_strict, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import TypeForm

    from lambdakit._core import Next
    from lambdakit._middleware import AsyncFunction, AsyncMethod, C, E, Function, Method, R, S

T = TypeVar("T")

_FORMS = ("types", "typing", "typing_extensions")
"""Where `list[Model]`, `Annotated`, `NewType` and their like are defined."""

_HOLDERS = {"Records", "records", "tasks"}
"""What events of several records have these in, and our models of such events."""


class _Model:
    """What an event is to become, ready to validate."""

    def __init__(self, model: Any) -> None:
        adapter = TypeAdapter[Any](model)
        adapter.rebuild()  # models of ours, and some of users', put their building off
        self._schema = adapter.core_schema
        self._is_strict = is_strict(self._schema)
        self._takes_text = reads_text(self._schema) is not None
        self._of_python = adapter.validator.validate_python
        self._of_json = adapter.validator.validate_json
        self.quick: dict[type, Callable[[Any], object]] = {}
        """What `validate` comes to for a dict and for text, where that is one call."""
        if not self._is_strict:
            self.quick[dict] = self._of_python
        self.quick[str] = self._of_python if self._takes_text else self._of_json
        self.name = model.__name__ if isinstance(model, type) else adapter.validator.title
        self.sources: tuple[str, ...] = getattr(model, "aws_sources", ())
        self.has_records = not _HOLDERS.isdisjoint(getattr(model, "model_fields", ()))

    def validate(self, value: object) -> object:
        """Validate an event, or the text of one.

        Raises:
            ValidationError: It does not fit.
            RecursionError: It is nested too deep.
        """
        if isinstance(value, str | bytes):
            return self._of_python(value) if self._takes_text else self._of_json(value)
        if self._is_strict and isinstance(value, dict | list):
            try:
                text = to_json(value)
            except ValueError:  # a lone surrogate, for one; validation will say where
                pass
            else:
                return self._of_json(text)
        return self._of_python(value)

    def problems_of(self, error: ValidationError, whole: str) -> list[tuple[str, str]]:
        """What is wrong, and where, with no values of the event; `whole` is what it is called."""
        return problems_of(error, self._names, whole)

    @functools.cached_property
    def _names(self) -> frozenset[str]:
        return names_in(self._schema)


class _Parsing(Decorator):
    """A decorator, bare or with a model.

    Args:
        take: Gives what of the event is to be validated.
    """

    __name__: str

    def __init__(self, take: Callable[[object], object]) -> None:
        functools.update_wrapper(self, take)
        super().__init__(self._fit_bare)
        self._take = take
        self._taken = "event" if self.__name__ == "parse" else self.__name__

    if TYPE_CHECKING:

        @overload
        def __call__(self, model: TypeForm[T], /) -> EventMiddleware[object, T]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, handler: Handler[Any, R], /) -> Handler[object, R]: ...
        @overload
        def __call__(self, handler: AsyncFunction[E, C, R], /) -> Handler[object, R]: ...
        @overload
        def __call__(self, handler: AsyncMethod[S, E, C, R], /) -> Handler[object, R]: ...
        @overload
        def __call__(self, handler: Function[E, C, R], /) -> Handler[object, R]: ...
        @overload
        def __call__(self, handler: Method[S, E, C, R], /) -> Handler[object, R]: ...

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Decorate a handler whose first parameter is annotated, or take the model and give what decorates."""
        name = self.__name__
        if options or len(args) != 1 or says_nothing(args[0]):
            msg = f"{called_at(name)} takes one model, as in @{name}(SQSEvent), or stands alone, as in @{name}"
            raise OptionError(msg)
        if _is_function(args[0]):
            return super().__call__(args[0])
        try:
            model = _Model(args[0])
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            msg = f"{called_at(name)}: pydantic cannot make a model of {args[0]!r}: {error.message.splitlines()[0]}"
            raise OptionError(msg) from error
        return EventMiddleware[object, Any](lambda handler: self._bind(handler, model))

    def _fit_bare(self, handler: Handler[Any, Any]) -> Bound:
        name, function = self.__name__, handler.function
        for bound in handler.layers:
            if bound.changes_event:
                msg = (
                    f"{where(function)}: beneath @{name}, {bound.name!r} makes another event for the function, so that "
                    f"its annotation says nothing of this one. Write @{name}(Model), or move it below {bound.name!r}."
                )
                raise HandlerError(msg)
        found = model_of(function, name)
        try:
            model = _Model(found)
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            msg = f"{where(function)}: pydantic cannot make a model of {found!r}: {error.message.splitlines()[0]}"
            raise HandlerError(msg) from error
        return self._bind(handler, model)

    def _bind(self, handler: Handler[Any, Any], model: _Model) -> Bound:
        take, validate = self._take, model.validate
        quick = model.quick  # for an event as Lambda hands it over, and for text in JSON
        asked = bool(handler.layers)  # only a layer beneath can ask what the event was

        async def layer(event: object, call_next: Next[object, Any]) -> object:
            try:
                taken = take(event)
                kind = type(taken)
                made = quick[kind](taken) if kind in quick else validate(taken)
            except (ValidationError, ParseError, RecursionError) as error:
                problems = self._problems(error, model)
            else:
                if asked:
                    origin.set((made, as_sent(event)))
                return await call_next(made)
            # Out here, so that no error that holds values of the event comes along as its context.
            place = f"{where(handler.function)}: the {self._taken} does not fit {model.name}."
            raise ParseError(place + _hint(event, model) + listed(problems), problems)

        return Bound(layer, self.__name__, changes_event=True)

    def _problems(self, error: Exception, model: _Model) -> Sequence[tuple[str, str]]:
        if isinstance(error, ParseError):
            return error.problems
        if isinstance(error, ValidationError):
            return model.problems_of(error, self._taken)
        return [(self._taken, "is nested too deep")]


def _is_function(target: object) -> bool:
    """Whether it can be a handler; many forms of types can be called, too."""
    return callable(target) and not isinstance(target, type) and type(target).__module__ not in _FORMS


def _hint(event: object, model: _Model) -> str:
    source = source_of(event)
    if source is None or not model.sources:
        return ""
    if source not in model.sources:
        return f" It comes from {source}, and the model is for {' or '.join(model.sources)}."
    has_records = isinstance(event, dict) and not _HOLDERS.isdisjoint(event)
    if has_records and not model.has_records:
        return " It is a whole event, and the model is for one record: a batch decorator belongs above this one."
    if model.has_records and not has_records:
        return " It is one record, and the model is for a whole event."
    return ""


@_Parsing
def parse(event: object) -> object:
    """Validate the event, and hand it to the handler as a model.

    `@parse` reads what the model is from the annotation of the handler's first parameter; `@parse(Model)` says it. Any
    type that pydantic can validate will do: models, dataclasses, TypedDicts, `list[Model]`, unions. The event may be a
    dict, or JSON as text. An instance of the model passes through, so that a test can call the handler with one.

    The model is built when the decorator is applied: what is wrong with it is told at import.

    Raises:
        ParseError: When the handler is called, and the event does not fit. It says where, and holds no values.
        HandlerError: When applied bare, to a function whose first parameter has no annotation, or one that cannot be
            resolved or says nothing, or above a layer that makes another event for the function.
        OptionError: When applied to what pydantic cannot make a model of.

    Limitations:
        A type that is imported under `if TYPE_CHECKING:` cannot be seen. With ruff's TC rules, name `lambdakit.parse`
        in `lint.flake8-type-checking.runtime-evaluated-decorators`.
    """
    return event


@_Parsing
def payload(event: object) -> object:
    """Validate what the event is about, and hand it to the handler as a model.

    The payload is taken from where the source carries it, out of base64 and gzip: the body of an SQS message, the
    message of an SNS notification, the detail of an EventBridge event, the data of a Kinesis or a Firehose record, the
    value of a Kafka record, the body of an HTTP request, the new image of a DynamoDB change, or else the old one, the
    data of a CloudWatch Logs subscription. Of S3 it is the record, and of S3 Batch Operations the task. AWS's own
    envelopes on the way are opened: SNS on a queue, S3 or EventBridge in either. An event of no known source is its own
    payload.

    A payload of `str` or `bytes` is taken as it is, every other type is decoded from JSON. `@payload` reads what it is
    from the annotation of the first parameter; `@payload(Model)` says it.

    Raises:
        ParseError: When the handler is called, and there is no payload, or it does not fit, or there are several
            records: then a batch decorator belongs above.
        HandlerError: As for `parse`.
        OptionError: As for `parse`.
    """
    return carried_payload(event)
