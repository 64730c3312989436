"""A handler that runs once for each order; the order is always the same one, so that it is answered with the result."""

from __future__ import annotations

from lambdakit import Context, idempotent
from lambdakit.stores import MemoryStore


@idempotent(MemoryStore(per_sandbox=True), key=lambda event: event["id"])
def handler(event: dict[str, object], context: Context) -> dict[str, object]:
    return {"charged": "12.50"}
