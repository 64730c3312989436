"""A handler that runs once for each order; the order is always the same one, so that it is answered with the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent

from ._memory import MemoryLayer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


# Ours compares the payload of a repetition unless it is told not to, so the peer has to do it, too.
config = IdempotencyConfig(event_key_jmespath="id", payload_validation_jmespath="@")


@idempotent(persistence_store=MemoryLayer(), config=config)
def handler(event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    return {"charged": "12.50"}
