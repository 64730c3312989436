"""Where each source carries the id that one request has in every service it passes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADERS = ("x-correlation-id", "x-request-id")


def correlation_id_of(event: object) -> str | None:
    """The id in its usual place; None where the event has none, or is no dict.

    HTTP: the header `x-correlation-id`, or `x-request-id`, in any case; else the request id of API Gateway or of the
    function URL. EventBridge: the id of the event.
    """
    if not isinstance(event, dict):
        return None
    request = event.get("requestContext")
    candidates = [
        *_in_headers(event),
        request.get("requestId") if isinstance(request, dict) else None,
        event.get("id") if "detail-type" in event else None,
    ]
    return next((found for found in candidates if isinstance(found, str) and found), None)


def _in_headers(event: dict[Any, Any]) -> Iterator[object]:
    headers = event.get("headers") or event.get("multiValueHeaders")  # a load balancer sends one of them
    if isinstance(headers, dict):
        lowered = {name.lower(): value for name, value in headers.items() if isinstance(name, str)}
        for name in _HEADERS:
            value = lowered.get(name)
            yield value[0] if isinstance(value, list) and value else value
