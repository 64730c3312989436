"""Ids that look like AWS's, and are the same in each run."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from uuid import UUID

REGION = "us-east-1"
ACCOUNT = "123456789012"


class Ids:
    """Gives ids: each is new, and the same seed gives the same ones in the same order.

    Args:
        seed: Any text. Ids of two seeds differ.
    """

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._given = 0

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(UUID(bytes=self._digest()[:16], version=4))

    def hex(self, digits: int) -> str:
        """Up to 64 hexadecimal digits."""
        return self._digest().hex()[:digits]

    def token(self) -> str:
        """Base64, such as AWS's opaque handles are."""
        return b64encode(self._digest()).decode()

    def sequence_number(self, first: int) -> str:
        """A number with as many digits as the first one, and higher than those given before."""
        self._given += 1
        start = int.from_bytes(sha256(self._seed.encode()).digest()[:3])
        return str(first + start * 1_000_000 + self._given)

    def _digest(self) -> bytes:
        self._given += 1
        return sha256(f"{self._seed}\n{self._given}".encode()).digest()
