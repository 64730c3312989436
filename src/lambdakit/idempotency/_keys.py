"""What tells one call from another: the idempotency key, and the fingerprint of the payload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from lambdakit import _callables, _env
from lambdakit._payload import business_payload
from lambdakit._payload.origin import as_sent
from lambdakit.errors import EventError, HandlerError, IdempotencyKeyError

from ._canonical import NotCanonicalError, digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

_LONGEST = 400  # characters of a key space that the stored key shows
_ODD = re.compile(r"[^\w.<>$:-]", re.ASCII)


_taken: WeakKeyDictionary[object, dict[str, tuple[CodeType | None, str]]] = WeakKeyDictionary()
"""The key spaces that are named for functions, by store; their code, and where they stand."""


def space_of(function: object, name: str | None, store: object) -> str:
    """The key space of a function: the name of the Lambda function, and the function's own, or a name for it.

    Raises:
        HandlerError: It is named for the function, and another one of the same name has it: two lambdas, or functions
            in a wrapper that does not pass on their names. Each would get the other's results.
    """
    lambda_function = _env.function_name() or "local"
    if name is not None:
        return f"{lambda_function}:{name}"
    target: Any = function
    while not hasattr(target, "__qualname__"):
        target = getattr(target, "func", type(target))
    name = f"{target.__module__}.{target.__qualname__}"
    # By their code: whoever makes the same function twice means one, and gets one key space.
    unwrapped: Any = function
    while hasattr(unwrapped, "__wrapped__"):
        unwrapped = unwrapped.__wrapped__
    code = _callables.code_of(unwrapped)
    try:
        first_code, first = _taken.setdefault(store, {}).setdefault(name, (code, _callables.where(function)))
    except TypeError:  # a store of somebody's that cannot be a key
        first_code, first = code, ""
    if first_code != code:
        where = _callables.where(function)
        msg = f"idempotent: {where} has the same name as {first}, and so the same keys. Tell them apart by name=..."
        raise HandlerError(msg)
    return f"{lambda_function}:{name}"


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
        except EventError:  # it says what is wrong with the event
            raise
        except NotCanonicalError as error:
            problem, cause = str(error), None
        except Exception as error:  # noqa: BLE001 - whatever fingerprint= makes of the event
            problem, cause = f"fingerprint= raised {type(error).__name__}", error
        msg = (
            f"{self._where}: no fingerprint can be made of the payload: {problem}. Say with fingerprint= what it is to "
            "be of, or fingerprint=None for no check of the payload. Nothing ran."
        )
        raise IdempotencyKeyError(msg) from cause


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
