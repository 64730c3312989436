"""What a store has to do: four methods, each of which is one atomic step."""

from __future__ import annotations

from typing import Any, Protocol


class StoredRecord:
    """What stands in a store under a key that could not be claimed.

    Args:
        owner: Whose record it is.
        fingerprint: The fingerprint of the payload that it was claimed with; empty if there is none.
        result: What the owner's function gave, as text; None while the record is running.
        left: Seconds, by the clock of the store: until the lock of a running record ends, or a completed one expires.
    """

    __slots__ = ("fingerprint", "left", "owner", "result")

    def __init__(self, *, owner: str, fingerprint: str, result: str | None, left: float) -> None:
        self.owner = owner
        self.fingerprint = fingerprint
        self.result = result
        self.left = left

    def __repr__(self) -> str:
        state = "running" if self.result is None else "completed"
        return f"<StoredRecord {state}, owner {self.owner}, {self.left:.1f} s left>"


class Store(Protocol):
    """Where the records of `idempotent` are kept; a store of your own needs these four methods.

    A record is running or completed. A running one belongs to its owner, and has a lock; a completed one has a result,
    and expires. Each method is one atomic step: of any number of callers, in any number of processes, one wins. Stores
    that have a clock of their own use that one, and not the caller's.

    All methods block. Under async functions they are called in threads, so several may run at a time; a store whose
    steps never wait may say so by `blocks = False`, and is then called with no thread. A step may be called again with
    the same arguments after its reply was lost: by the store itself, or by a network library.

    What they raise, for whatever reason, means that it is not known whether the step was done.

    `lambdakit.testing.StoreContract` is the suite of tests that every store has to pass.
    """

    def claim(
        self, key: str, owner: str, *, fingerprint: str, lock: float, expires_after: float
    ) -> StoredRecord | None:
        """Make a running record, unless there is one that stands.

        A record stands if it is completed and has not expired, or if it is running and its lock has not ended, however
        old it is; expiry is checked here, and not left to anything that sweeps. The owner's own running record is no
        obstacle: then this is its claim again, after a lost reply, and the lock is as long as if it were the first.

        Args:
            key: At most 512 characters: letters, digits, and any of `._-<>#:$`.
            owner: 32 hexadecimal digits, new for each claim.
            fingerprint: At most 64 characters, or empty: to be kept beside the record.
            lock: Seconds until the lock ends; more than 0.
            expires_after: Seconds that the record is to be kept beyond the end of its lock, at least, so that its owner
                may still complete it if nobody has claimed it since.

        Returns:
            None if the record is now the owner's; else the record that stands.
        """
        ...

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """Make the owner's record a completed one; its lock may have ended, if nobody has claimed it since.

        Where it is completed already by the same owner, this is a repetition after a lost reply, and a success.

        Args:
            key: As it was claimed.
            owner: As it was claimed.
            result: Text of any length.
            expires_after: Seconds until it expires; more than 0.

        Returns:
            Whether the record was the owner's. If not, nothing was changed.

        Raises:
            ResultTooLargeError: The store cannot hold a result of that length. Nothing was changed.
        """
        ...

    def release(self, key: str, owner: str) -> bool:
        """Remove the owner's running record, so that the next claim succeeds.

        Args:
            key: As it was claimed.
            owner: As it was claimed.

        Returns:
            Whether there was one. If not (it is another's, completed, or gone), nothing was changed.
        """
        ...

    def find(self, key: str) -> StoredRecord | None:
        """The record that stands, by the same rules as for `claim`; None if the key could be claimed.

        It must see every step that has ended before it was called: no stale replicas.
        """
        ...


class Transaction(Protocol):
    """A transaction of a database, in which the user's own writes and the completed record are committed together."""

    @property
    def connection(self) -> Any:
        """What the user writes with: of the kind that the store's library has."""
        ...

    def complete(self, key: str, owner: str, result: str, *, expires_after: float) -> bool:
        """Complete the record in this transaction, and commit; if the record is not the owner's, roll back.

        Returns:
            Whether it was the owner's.
        """
        ...

    def roll_back(self) -> None:
        """Undo everything. Never raises."""
        ...


class TransactionalStore(Store, Protocol):
    """A store whose records are in a database with transactions."""

    def begin(self) -> Transaction:
        """Begin a transaction, on a connection of its own."""
        ...


class ItemStore(Store, Protocol):
    """A store whose records can be completed by an item of a transaction that the user writes: DynamoDB."""

    def transact_item(self, key: str, owner: str, result: str, *, expires_after: float) -> dict[str, Any]:
        """An item for `TransactWriteItems` that completes the record, if it is the owner's.

        Raises:
            ResultTooLargeError: See `Store.complete`.
        """
        ...
