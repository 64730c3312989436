"""What tells one call from another: the idempotency key, and the fingerprint of the payload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lambdakit import _callables, _env
from lambdakit._payload import business_payload
from lambdakit._payload.origin import as_sent
from lambdakit.errors import IdempotencyKeyError

from ._canonical import NotCanonicalError, digest

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 400  # characters of a key space that the stored key shows
_ODD = re.compile(r"[^\w.<>$:-]", re.ASCII)


def space_of(function: object, name: str | None) -> str:
    """The key space of a function: the name of the Lambda function, and the function's own, or a name for it."""
    if name is None:
        target: Any = function
        while not hasattr(target, "__qualname__"):
            target = getattr(target, "func", type(target))
        name = f"{target.__module__}.{target.__qualname__}"
    return f"{_env.function_name() or 'local'}:{name}"


class Keys:
    """Gives the stored key and the fingerprint of a call.

    Args:
        function: The function, for messages.
        space: Its key space.
        key: Finds the idempotency key.
        fingerprint: Finds what the fingerprint is of; None: there is none.
    """

    def __init__(
        self,
        function: object,
        *,
        space: str,
        key: Callable[..., object],
        fingerprint: Callable[..., object] | None,
    ) -> None:
        self._where = _callables.where(function)
        self._space = space
        self._prefix = _ODD.sub("-", space)[:_LONGEST]
        self._key = key
        self._fingerprint = fingerprint

    def of(self, *args: Any, **kwargs: Any) -> tuple[str, str]:
        """The stored key, and the fingerprint, of a call with these arguments.

        Raises:
            IdempotencyKeyError: There is no key, or no fingerprint can be made.
        """
        try:
            found = self._key(*args, **kwargs)
        except Exception as error:
            msg = f"{self._where}: key= found no idempotency key: it raised {type(error).__name__}. Nothing ran."
            raise IdempotencyKeyError(msg) from error
        if problem := _missing(found):
            msg = f"{self._where}: {problem}, so one event could not be told from another. Nothing ran."
            raise IdempotencyKeyError(msg)
        try:
            key = digest(found, of=self._space)
        except NotCanonicalError as error:
            msg = f"{self._where}: the idempotency key cannot be hashed: {error}. Return text, numbers, or a tuple."
            raise IdempotencyKeyError(msg) from None
        return f"{self._prefix}#{key}", self._fingerprint_of(args, kwargs)

    def _fingerprint_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        if self._fingerprint is None:
            return ""
        try:
            return digest(self._fingerprint(*args, **kwargs))
        except NotCanonicalError as error:
            problem = str(error)
        msg = (
            f"{self._where}: no fingerprint can be made of the payload: {problem}. Say with fingerprint= what it is to "
            "be of, or fingerprint=None for no check of the payload. Nothing ran."
        )
        raise IdempotencyKeyError(msg)


def _missing(key: object) -> str | None:
    if type(key) is str and key:  # nearly always
        return None
    if key is None or key is ...:
        return f"the idempotency key is {key}"
    if isinstance(key, str | bytes | tuple | list | dict) and not key:
        return "the idempotency key is empty"
    if isinstance(key, tuple | list) and None in key:
        return f"part {key.index(None)} of the idempotency key is None"
    return None


def payload_of(event: object) -> object:
    """What the fingerprint of an event is of: its business payload, and nothing of the envelope.

    A redelivery has the same payload, but another receipt handle and count. Of a model that `parse` made, it is the
    payload of the event that the model was made of.
    """
    return business_payload(as_sent(event))
