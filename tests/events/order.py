"""A payload for tests."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel


class Order(BaseModel):
    id: str
    total: Decimal


ORDER = Order(id="o-1", total=Decimal("1.10"))
AS_JSON = '{"id": "o-1", "total": 1.10}'
