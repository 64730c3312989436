"""What the tests of idempotency are about."""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003 - pydantic reads it
from uuid import UUID, uuid4

from pydantic import BaseModel, Field


class Order(BaseModel):
    """An order; `seen` is new each time that one is parsed."""

    id: str
    total: Decimal | str
    seen: UUID = Field(default_factory=uuid4)
