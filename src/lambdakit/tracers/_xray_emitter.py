"""Sending subsegments to the X-Ray daemon, in documents that it takes."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from aws_xray_sdk.core.emitters.udp_emitter import PROTOCOL_DELIMITER, PROTOCOL_HEADER  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST = 64_000
"""Bytes. "Segment documents can be up to 64 kB in size": AWS X-Ray Developer Guide, "Segment documents"."""

_MOST_OF_MESSAGE = 1_000  # characters, where there is no room for more

log = logging.getLogger("lambdakit.tracing")


class LimitedEmitter:
    """Sends as the SDK's own does, but makes too large a document smaller, where that would lose it; tells loss once.

    Args:
        emitter: The SDK's own.
    """

    def __init__(self, emitter: Any) -> None:
        self._emitter = emitter
        self._told = False
        self.set_daemon_address = emitter.set_daemon_address

    def send_entity(self, entity: Any) -> None:
        """Send a subsegment. Never raises."""
        try:
            self._emitter._send_data(f"{PROTOCOL_HEADER}{PROTOCOL_DELIMITER}{document(entity)}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the handler is not to feel it
            if not self._told:
                self._told = True
                log.warning("the subsegment %r was lost: %s: %s", entity.name, type(error).__name__, error)


def document(entity: Any) -> str:
    """The JSON of a subsegment, of 64 kB at the most.

    What it is made smaller by, and only as far as is needed: metadata, stacks, all of long messages.

    Raises:
        ValueError: It is larger all the same.
    """
    whole = entity.to_dict()
    text = json.dumps(whole, default=str)
    for drop in _drops():
        if len(text) <= MOST:  # ASCII, as json.dumps gives it
            return text
        drop(whole)
        text = json.dumps(whole, default=str)
    if len(text) > MOST:
        msg = f"its document has {len(text)} bytes without metadata and stacks; X-Ray takes {MOST}"
        raise ValueError(msg)
    return text


def _drops() -> Iterator[Callable[[dict[str, Any]], None]]:
    yield _metadata
    yield _stacks
    yield _messages


def _metadata(whole: dict[str, Any]) -> None:
    if "metadata" in whole:
        whole["metadata"] = {"lambdakit": {"dropped": "metadata, since the document was larger than X-Ray takes"}}


def _stacks(whole: dict[str, Any]) -> None:
    for error in _errors_in(whole):
        error["truncated"] = len(error.pop("stack", None) or ())


def _messages(whole: dict[str, Any]) -> None:
    for error in _errors_in(whole):
        error["message"] = str(error.get("message", ""))[:_MOST_OF_MESSAGE]


def _errors_in(whole: dict[str, Any]) -> list[dict[str, Any]]:
    cause = whole.get("cause")
    return cause["exceptions"] if isinstance(cause, dict) else []
