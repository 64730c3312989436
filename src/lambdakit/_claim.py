"""The claim under which a function of `idempotent` runs, as the function itself sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = "lambdakit_block"


class Claim:
    """The claim under which the code that asks runs: `current().claim`.

    It lets effects and the record of them be committed together, so that they happen exactly once even if the process
    dies between the two. What is committed in another way happens at least once.

    Attributes:
        key: The key in the store: the key space, and a hash of the idempotency key.
        owner: The token that tells this claim from every other, 32 hexadecimal digits.
    """

    __slots__ = ("_begin", "_item", "_over", "_transaction", "key", "owner")

    def __init__(
        self,
        key: str,
        owner: str,
        *,
        begin: Callable[[], Any] | None,
        item: Callable[[Any], dict[str, Any]] | None,
    ) -> None:
        self.key = key
        self.owner = owner
        self._begin = begin
        self._item = item
        self._transaction: Any = None
        self._over = False

    def transaction(self) -> Transaction:
        """A block whose writes are committed together with the completed record, when the function returns.

        Works with `SQLiteStore` and `PostgresStore`. The block gives a connection of the store's library, inside a
        transaction: `with claim.transaction() as connection: connection.execute(...)`. Use no commit of your own. The
        transaction stays open after the block, until the function returns: then the record, with the result, and the
        writes are committed as one, or not at all. If the function raises, or another invocation has taken over, all
        is rolled back. A second block goes on in the same transaction; an error that leaves a block undoes that block.

        Raises:
            ConfigurationError: The store has no transactions.
        """
        if self._begin is None:
            msg = "claim.transaction() needs a store in a database with transactions: PostgresStore, or SQLiteStore"
            raise ConfigurationError(msg)
        self._refuse_if_over("transaction")
        return Transaction(self)

    def transact_item(self, result: object) -> dict[str, Any]:
        """An item for `TransactWriteItems` that completes the record: put it beside your own writes.

        Works with `DynamoDBStore`. The transaction is then done exactly once. If another invocation has taken over, it
        is refused as a whole, with the reason `ConditionalCheckFailed` for this item.

        Args:
            result: What the function is going to return.

        Returns:
            An item as boto3's low-level client takes it: `{"Update": {...}}`.

        Raises:
            ConfigurationError: The store is not DynamoDB.
            ResultNotStoredError: The result cannot be stored.
        """
        if self._item is None:
            msg = "claim.transact_item() needs DynamoDBStore"
            raise ConfigurationError(msg)
        self._refuse_if_over("transact_item")
        return self._item(result)

    def _refuse_if_over(self, method: str) -> None:
        if self._over:
            msg = f"claim.{method}() was called after the function had ended that the claim was for"
            raise ConfigurationError(msg)

    def __repr__(self) -> str:
        return f"<Claim on {self.key}>"


class Transaction:
    """What `claim.transaction()` gives, for `with`."""

    __slots__ = ("_claim",)

    def __init__(self, claim: Claim) -> None:
        self._claim = claim

    def __enter__(self) -> Any:
        claim = self._claim
        if claim._transaction is None:
            claim._transaction = claim._begin()  # type: ignore[misc]  # transaction() has looked
        connection = claim._transaction.connection
        connection.execute(f"SAVEPOINT {_BLOCK}")
        return connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        connection = self._claim._transaction.connection
        if kind is None:
            connection.execute(f"RELEASE SAVEPOINT {_BLOCK}")
            return
        # The error may be caught further out: then what this block wrote must not be committed, but other blocks' must.
        try:
            connection.execute(f"ROLLBACK TO SAVEPOINT {_BLOCK}")
        except Exception:  # noqa: BLE001, S110 - the connection is lost, and the transaction too: committing will say so
            pass
