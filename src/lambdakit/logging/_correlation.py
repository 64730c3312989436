"""Where each source carries the id that one request has in every service it passes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMES = ("xcorrelationid", "correlationid", "xrequestid", "requestid")
"""Of headers and message attributes: the first that is there counts, in any case, with `-` or `_` or neither."""

_CARRIERS = frozenset(
    {
        "Execution",
        "Records",
        "Sns",
        "detail-type",
        "headers",
        "messageAttributes",
        "multiValueHeaders",
        "request",
        "requestContext",
    }
)
"""Where an id may be: an event that has none of these is not looked at further."""


def correlation_id_of(event: object) -> str | None:
    """The id in its usual place; None where there is none.

    HTTP: the header `x-correlation-id`, `correlation-id`, `x-request-id` or `request-id`; else the request id of API
    Gateway or of the function URL. AppSync: the same headers. SQS and SNS: the message attribute of such a name,
    `correlation_id` say. Kafka: the header. EventBridge: the id of the event. Step Functions: the execution's id, where
    the context object was passed on as it is, under `Execution`.

    Args:
        event: An event, or a record of one; an event of one record has the id of the record.
    """
    if not isinstance(event, dict) or _CARRIERS.isdisjoint(event):
        return None
    for found in _candidates(event):
        if isinstance(found, str) and found:
            return found
    records = event.get("Records")
    return correlation_id_of(records[0]) if isinstance(records, list) and len(records) == 1 else None


def _candidates(event: dict[Any, Any]) -> Iterator[object]:
    headers = event.get("headers") or event.get("multiValueHeaders")  # a load balancer sends one of them
    if isinstance(headers, dict):
        yield from _named(headers.items())
    elif isinstance(headers, list):  # Kafka
        yield from _named(item for header in headers if isinstance(header, dict) for item in header.items())
    for carrier, key in (("messageAttributes", None), ("Sns", "MessageAttributes"), ("request", "headers")):
        fields = event.get(carrier)
        if key is not None and isinstance(fields, dict):
            fields = fields.get(key)
        if isinstance(fields, dict) and fields:
            yield from _named(fields.items())
    for carrier, key in (("requestContext", "requestId"), ("Execution", "Id")):
        fields = event.get(carrier)
        if isinstance(fields, dict):
            yield fields.get(key)
    if "detail-type" in event:
        yield event.get("id")


def _named(fields: Iterable[tuple[object, object]]) -> Iterator[object]:
    found = {name.lower().replace("-", "").replace("_", ""): value for name, value in fields if isinstance(name, str)}
    for name in _NAMES:
        if name in found:
            yield _value_of(found[name])


def _value_of(value: object) -> object:
    if isinstance(value, dict):  # a message attribute, of SQS or SNS
        return value.get("stringValue") or value.get("Value")
    if isinstance(value, list) and value:
        if isinstance(value[0], str):  # of a header that may come several times
            return value[0]
        try:
            return bytes(value).decode()  # Kafka
        except (TypeError, ValueError):
            return None
    return value
