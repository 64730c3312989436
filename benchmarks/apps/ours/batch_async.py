"""A batch, and an async function that does nothing for each message."""

from __future__ import annotations

from typing import Any

from lambdakit import Context, sqs_batch


@sqs_batch
async def handler(message: dict[str, Any], context: Context) -> None:
    pass
