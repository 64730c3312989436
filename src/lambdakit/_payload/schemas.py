"""What can be read off the schema that pydantic makes of a type, without pydantic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_WITH_FIELDS = ("model", "dataclass")


def reads_text(schema: Mapping[str, Any]) -> str | None:
    """Say whether a type takes text as it is; all others are for what JSON text decodes to.

    Returns:
        `str`, `bytes`, or `json` for pydantic's own `Json`, also where there are rules around them, or None is allowed,
        too; None for every other type.
    """
    while schema["type"] not in ("str", "bytes", "json"):
        has_fields = schema["type"] in _WITH_FIELDS and not schema.get("root_model")
        if has_fields or "schema" not in schema:
            return None
        schema = schema["schema"]
    kind: str = schema["type"]
    return kind
