"""boto3 as lambdakit uses it: loaded at first use, with time-outs that fit Lambda, and one client for all who ask."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from . import _snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CONNECT, _READ = 2.0, 3.0  # seconds; boto3's own 60 are more than most functions have
_CONNECTIONS = 50  # that a client keeps open, at most: async functions and batches use it from many threads

_making = threading.Lock()
_clients: dict[tuple[object, ...], Any] = {}
_parents: list[object] = []


def _short() -> tuple[float, float]:
    return _CONNECT, _READ


def client(
    service: str,
    region: str | None = None,
    *,
    attempts: int = 3,
    endpoint_url: str | None = None,
    config: Mapping[str, object] | None = None,
    timeouts: Callable[[], tuple[float, float]] = _short,
) -> Any:
    """A client of boto3, made at first use; it may be used by several threads.

    It is made from boto3's default session, which the user's own `boto3.client(...)` uses too: the first client of a
    session takes ten times as long as the others. Region, credentials and endpoint are found as boto3 finds them.

    Args:
        service: As boto3 calls it.
        region: As AWS calls it; None: the function's own.
        attempts: How often a request is sent at most, with a random part of a second after the first attempt, and of
            two seconds after the next: boto3's "standard" retry mode.
        endpoint_url: Where requests go; None: as boto3 finds it.
        config: Options of botocore's Config that take precedence.
        timeouts: Gives the seconds to connect, and to read, when the client is made.
    """
    key = (service, region, attempts, endpoint_url, repr(config) if config else None, timeouts)
    made = _clients.get(key)
    return _make(key, config or {}, timeouts) if made is None else made


def is_loaded() -> bool:
    """Whether a client has been made, so that the next one takes milliseconds."""
    return bool(_clients)


def connect(client: Any) -> None:
    """Open a connection to the endpoint of a client, and keep it for the next request."""
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # noqa: PLC0415

    client._endpoint.http_session.send(AWSRequest(method="HEAD", url=client.meta.endpoint_url).prepare())


def _make(key: tuple[Any, ...], config: Mapping[str, object], timeouts: Callable[[], tuple[float, float]]) -> Any:
    with _making:  # clients of one session must not be made in several threads at once
        if key not in _clients:
            import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - takes 200 ms
            from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415

            if not _clients:
                _snapshots.after_restore(_renew)
            service, region, attempts, endpoint_url, *_ = key
            connect_timeout, read_timeout = timeouts()
            ours: dict[str, object] = {
                "connect_timeout": connect_timeout,
                "read_timeout": read_timeout,
                "retries": {"mode": "standard", "total_max_attempts": attempts},
                "max_pool_connections": _CONNECTIONS,
                "tcp_keepalive": True,
            }
            _clients[key] = boto3.client(
                service, region_name=region, endpoint_url=endpoint_url, config=Config(**{**ours, **config})
            )
        return _clients[key]


def _renew() -> None:
    """After a SnapStart restore, no connection is alive; the clients open new ones."""
    for made in _clients.values():
        made.close()


def _forget() -> None:
    """After a fork the connections are the parent's: never use them, and not even close them."""
    global _clients, _making  # noqa: PLW0603
    _parents.append(_clients)
    _clients = {}
    _making = threading.Lock()


os.register_at_fork(after_in_child=_forget)
