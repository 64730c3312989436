"""Where `idempotent` keeps its records; each store is loaded when it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from lambdakit.idempotency._store import ItemStore, Store, StoredRecord, Transaction, TransactionalStore

    from .dynamodb import DynamoDBStore
    from .memory import MemoryStore
    from .postgres import PostgresStore
    from .redis import RedisStore
    from .sqlite import SQLiteStore

_HOMES = {
    "dynamodb": ("DynamoDBStore",),
    "memory": ("MemoryStore",),
    "postgres": ("PostgresStore",),
    "redis": ("RedisStore",),
    "sqlite": ("SQLiteStore",),
    ".idempotency._store": ("ItemStore", "Store", "StoredRecord", "Transaction", "TransactionalStore"),
}

__all__ = [
    "DynamoDBStore",
    "ItemStore",
    "MemoryStore",
    "PostgresStore",
    "RedisStore",
    "SQLiteStore",
    "Store",
    "StoredRecord",
    "Transaction",
    "TransactionalStore",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
