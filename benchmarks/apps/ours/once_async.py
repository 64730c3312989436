"""As `once`, and async."""

from __future__ import annotations

from lambdakit import Context, idempotent
from lambdakit.stores import MemoryStore


@idempotent(MemoryStore(per_sandbox=True), key=lambda event: event["id"])
async def handler(event: dict[str, object], context: Context) -> dict[str, object]:
    return {"charged": "12.50"}
