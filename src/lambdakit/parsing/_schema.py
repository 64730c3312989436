"""What can be read off the schema that pydantic has made of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import CoreSchema

_BY_NAME = ("fields", "choices")
_NOT_SCHEMA = ("metadata", "serialization", "default", "expected")


def is_strict(schema: CoreSchema) -> bool:
    """Whether a model, or a part of it, asks for exact types: then it must be given JSON, not what that decodes to."""
    return any(node.get("strict") is True for node in _nodes(schema))


def names_in(schema: CoreSchema) -> frozenset[str]:
    """Every name that a place in an error can consist of and that the model brought along.

    Those are fields, their aliases, and how pydantic calls the choices of a union. Other names come from the event.
    """
    names = {"[key]"}
    definitions: list[CoreSchema] = schema["definitions"] if schema["type"] == "definitions" else []
    for node in _nodes(schema):
        kind = node.get("type")
        if kind in ("model-fields", "typed-dict"):
            names |= node["fields"].keys()
        elif kind == "tagged-union":
            names |= {str(tag) for tag in node["choices"]}
        elif kind == "union":
            names |= {_label(choice, definitions) for choice in node["choices"]}
        elif isinstance(name := node.get("name"), str):  # a field of a dataclass, an argument
            names.add(name)
        names |= set(_texts(node.get("validation_alias", node.get("alias"))))
    return frozenset(names)


def _label(choice: Any, definitions: list[CoreSchema]) -> str:
    """What a choice of a union is called in the place of an error; only the validator knows."""
    if isinstance(choice, tuple):
        return str(choice[1])
    try:
        return SchemaValidator(core_schema.definitions_schema(choice, definitions)).title
    except SchemaError:
        return ""


def _texts(alias: Any) -> Iterator[str]:
    if isinstance(alias, str):
        yield alias
    elif isinstance(alias, list):
        for part in alias:
            yield from _texts(part)


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for key, part in schema.items():
            if key in _BY_NAME and isinstance(part, dict):
                yield from _nodes(list(part.values()))
            elif key not in _NOT_SCHEMA:
                yield from _nodes(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from _nodes(part)
