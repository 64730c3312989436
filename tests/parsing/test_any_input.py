"""Whatever JSON comes: `parse` gives a model or a `ParseError`, and no error repeats the event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit import ParseError, events, parse, payload
from tests.events.order import Order
from tests.events.samples import sample

PLAIN = [getattr(events, name) for name in events.__all__ if name != "Headers"]
GENERIC = [
    model
    for model in PLAIN
    if getattr(model, "__parameters__", None) or model.__pydantic_generic_metadata__["parameters"]
]
MODELS = [*PLAIN, *(model[Order] for model in GENERIC), events.SQSMessage[events.SNSNotification[events.S3Event]]]

SAMPLES = (
    "api-gateway-http",
    "api-gateway-rest",
    "dynamodb",
    "function-url",
    "kinesis",
    "s3-put",
    "scheduled",
    "sns",
    "sqs",
)


def names_in(value: Any) -> set[str]:
    """Every key of an event, and what few values a model is picky about."""
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set[str]().union(*map(names_in, value)) if isinstance(value, list) else set()


NAMES = sorted(set().union(*(names_in(sample(name)) for name in SAMPLES), {"id", "total"}))

# Letters that no message of ours or of pydantic's is written in.
secrets = st.text("αβγδεζηθικλμνξοπρστυφχψω☃\ud800", min_size=4, max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.integers(10**400, 10**401) | st.floats() | secrets
keys = st.sampled_from(NAMES) | secrets
values = st.recursive(
    scalars
    | secrets.map(lambda text: json.dumps({"id": text, text: [text]}))
    | secrets.map(lambda text: f'{{"id": "{text}'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=8) | inner.map(json.dumps),
    max_leaves=25,
)


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A real event, in which a few places hold anything."""

    def spoil(value: Any) -> Any:
        if draw(st.integers(0, 12)) == 0:
            return draw(values)
        if isinstance(value, dict):
            return {key: spoil(part) for key, part in value.items()}
        return [spoil(part) for part in value] if isinstance(value, list) else value

    event = sample(draw(st.sampled_from(SAMPLES)))
    return spoil(draw(st.sampled_from([event, event.get("Records", [event])[0]])))


def secrets_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(secrets_in, value.items()))
    if isinstance(value, list | tuple):
        return set().union(*map(secrets_in, value))
    if isinstance(value, str):
        return {value[start : start + 4] for start in range(len(value) - 3) if min(value[start : start + 4]) > "\u0370"}
    return set()


def check(handler: Any, event: Any) -> None:
    """Call a handler, which may raise a `ParseError` and nothing else, and look at what that says."""
    raised: ParseError | None = None
    try:
        handler(event, None)
    except ParseError as error:
        raised = error
    if raised is not None:
        text = f"{raised}{raised.problems}"
        assert raised.problems
        assert raised.__context__ is None
        assert not {secret for secret in secrets_in(event) if secret in text}


HANDLERS = [parse(model)(lambda event, context: event) for model in MODELS]
HANDLERS.append(payload(Order)(lambda order, context: order))


@settings(max_examples=1_000, deadline=None)
@given(st.sampled_from(HANDLERS), values | spoiled())
def test_any_event_parses_or_is_a_parse_error_without_its_values(handler: Any, event: Any) -> None:
    check(handler, event)


@settings(deadline=None)
@given(st.sampled_from(HANDLERS), values)
def test_any_text_parses_or_is_a_parse_error_without_its_values(handler: Any, event: Any) -> None:
    check(handler, json.dumps(event))


def test_a_leak_would_be_seen() -> None:
    def handler(event: Any, context: Any) -> None:
        raise ParseError("αβγδε", [("a", "b")])

    with pytest.raises(AssertionError):
        check(handler, {"a": ["αβγδε"]})
