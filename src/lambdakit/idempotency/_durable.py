"""AWS's durable functions: a handler that is suspended, and run again from its start, in another invocation."""

from __future__ import annotations

from hashlib import blake2b
from types import FunctionType
from typing import Any, NoReturn

from lambdakit import _callables
from lambdakit._invocation import claimed, invocation
from lambdakit.errors import ConfigurationError, HandlerError

_SDK = "aws_durable_execution_sdk_python"

_BRANCH = "_step_id_prefix"
"""Of the SDK's context object: tells branches that run at the same time apart, and is the same when they run again."""


def refuse_around_durable(function: object) -> None:
    """Refuse to be put around a handler of AWS's durable-execution SDK.

    A suspended handler answers Lambda with "PENDING". That would be stored as its result, and given to Lambda each time
    that the execution was to go on.

    Raises:
        HandlerError: It is such a handler.
    """
    target = function
    while isinstance(target, FunctionType):
        # Not by __module__, which functools.wraps makes that of the user's function.
        if str(target.__globals__.get("__name__")).startswith(f"{_SDK}."):
            msg = (
                f"idempotent: {_callables.where(function)} is durable, and suspends by returning a result, which would "
                "be replayed for ever. Put @durable_execution above @idempotent(..., lock=...)."
            )
            raise HandlerError(msg)
        target = getattr(target, "__wrapped__", None)


def execution_here() -> str | None:
    """What names the durable execution, and the branch of it, whose handler runs here.

    None if there is none; and for records of a batch, of which several may have one key.
    """
    whole, record, _ = invocation.get()
    own: dict[str, Any] = getattr(whole._context, "__dict__", {})  # its attributes: a mock would have any
    arn = getattr(own.get("execution_context"), "durable_execution_arn", None)
    if record is not None or not isinstance(arn, str) or _BRANCH not in own:
        return None
    return f"{arn} {own[_BRANCH] or ''}"


def owner_in(execution: str, key: str) -> str | None:
    """The owner of the claim on a key in a durable execution: the same one each time that the handler is run again.

    So the handler finds its own claim after a suspension, and after a crash too. That is safe, since an execution
    has one invocation at a time. None if the claim is held already, by a handler that this one is called from.
    """
    owner = blake2b(f"{execution}\n{key}".encode(), digest_size=16).hexdigest()
    outer = claimed.get()
    return None if outer is not None and outer.owner == owner else owner


def no_lock(where: str) -> ConfigurationError:
    """What is raised where it is not known how long a durable execution may take."""
    msg = (
        f"{where} is durable, and may be suspended for longer than any invocation lasts. Say with "
        "@idempotent(..., lock=...) how many seconds the execution may take: its ExecutionTimeout. Nothing ran."
    )
    return ConfigurationError(msg)


def no_transaction(*_: Any, **__: Any) -> NoReturn:
    """In place of a store's `begin` and `transact_item`.

    Raises:
        ConfigurationError: Always.
    """
    msg = (
        "current().claim commits nothing in a durable handler: steps that are checkpointed do not run again after a "
        "suspension, and what they wrote would be lost. Use idempotent.function and its claim in a step."
    )
    raise ConfigurationError(msg)
