"""What an event, or a record, says of the work that it asks for: the name, kind and attributes of its span.

Names of attributes are those of OpenTelemetry's semantic conventions, of the version in `SCHEMA`: "AWS Lambda", "FaaS
spans", "Messaging spans", "HTTP spans". An event's query, its client's address and the keys of data are left out, since
they may be personal.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lambdakit._invocation import Invocation

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"

_MOST_LINKS = 128
"""Of a batch; OpenTelemetry's SDK keeps no more of one span, unless it is told to."""

TRACE_HEADER = "x-amzn-trace-id"

_NONE: Mapping[str, str] = MappingProxyType({})

Attributes: TypeAlias = "dict[str, str | bool | int]"


class Work:
    """What a span is made of.

    Attributes:
        name: Its name.
        kind: Who asked for the work: a caller who waits (`server`), or messages (`consumer`).
        attributes: By OpenTelemetry's names.
        event: The event or the record itself.
        headers: The headers of an HTTP request, in lower case.
        links: Of each message that tells the trace it was sent in, the headers that do.
        invocation: The invocation; None for a record, whose span is a child of the batch's.
    """

    __slots__ = ("attributes", "event", "headers", "invocation", "kind", "links", "name")

    def __init__(
        self,
        name: str,
        kind: Literal["server", "consumer"],
        attributes: Attributes,
        event: object,
        *,
        headers: Mapping[str, str] = _NONE,
        links: Sequence[Mapping[str, str]] = (),
        invocation: Invocation | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.attributes = attributes
        self.event = event
        self.headers = headers
        self.links = links
        self.invocation = invocation


_BY_SOURCE: Mapping[str, tuple[str | None, str]] = {
    "aws:sqs": ("aws_sqs", "pubsub"),
    "aws:sns": ("aws.sns", "pubsub"),
    "aws:kinesis": ("aws_kinesis", "pubsub"),
    "aws:kafka": ("kafka", "pubsub"),
    "SelfManagedKafka": ("kafka", "pubsub"),
    "aws:dynamodb": (None, "datasource"),
    "aws:s3": (None, "datasource"),
}
"""For each source of records, `messaging.system`, which is None where it is one of data, and `faas.trigger`."""


def work_of(event: object, invocation: Invocation, function: str) -> Work:
    """What an invocation is about.

    Args:
        event: The event, as it is above all that parses it.
        invocation: The invocation.
        function: What to call the span, unless the source of the event or the context says so.
    """
    context = invocation._context
    attributes: Attributes = {"faas.coldstart": invocation.cold_start}
    if context is not None:
        attributes["faas.invocation_id"] = str(getattr(context, "aws_request_id", ""))
        attributes.update(_told_by(getattr(context, "invoked_function_arn", None)))
        function = getattr(context, "function_name", None) or function
    if not isinstance(event, dict):
        return Work(function, "server", attributes, event, invocation=invocation)
    if isinstance(request := event.get("requestContext"), dict):
        return _http(event, request, function, attributes, invocation)
    if records := _records_in(event):
        return _batch(records, function, attributes, event, invocation)
    if "detail-type" in event:
        attributes["faas.trigger"] = "timer" if event["detail-type"] == "Scheduled Event" else "pubsub"
    return Work(function, "server", attributes, event, invocation=invocation)


def work_of_record(record: object) -> Work:
    """What the processing of a record is about."""
    attributes: Attributes = {}
    if not isinstance(record, dict):
        return Work("process", "consumer", attributes, record)
    name = _name_stream(record, attributes)
    if "messaging.system" in attributes and (message_id := record.get("messageId") or record.get("eventID")):
        attributes["messaging.message.id"] = str(message_id)
    if isinstance(offset := record.get("offset"), int):
        attributes["messaging.kafka.offset"] = offset
        attributes["messaging.destination.partition.id"] = str(record.get("partition"))
    carrier = carrier_in(record)
    return Work(name, "consumer", attributes, record, links=[carrier] if carrier else ())


def carrier_in(record: Mapping[str, Any]) -> dict[str, str]:
    """The headers by which a message tells the trace it was sent in: from its attributes, or from `AWSTraceHeader`."""
    found: dict[str, str] = {}
    for name, attribute in _attributes_of(record):
        if isinstance(value := attribute, str):
            found[name.lower()] = value
    system: Any = record.get("attributes")
    if isinstance(system, dict) and isinstance(header := system.get("AWSTraceHeader"), str):
        found[TRACE_HEADER] = header
    return found


def _attributes_of(record: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    given: Any = record.get("messageAttributes") or record.get("headers")
    if isinstance(notification := record.get("Sns"), dict):
        given = notification.get("MessageAttributes")
    if isinstance(given, dict):
        for name, attribute in given.items():
            if isinstance(attribute, dict):
                yield name, attribute.get("stringValue", attribute.get("Value"))
    elif isinstance(given, list):  # of Kafka: each header is an object of one name, with the bytes of its value
        for header in given:
            if isinstance(header, dict):
                for name, value in header.items():
                    try:
                        yield name, bytes(value).decode() if isinstance(value, list) else value
                    except (TypeError, ValueError):
                        continue


def _batch(records: list[Any], function: str, attributes: Attributes, event: object, invocation: Invocation) -> Work:
    first = records[0]
    if not isinstance(first, dict):
        return Work(function, "server", attributes, event, invocation=invocation)
    name = _name_stream(first, attributes)
    if len(records) > 1 and "messaging.system" in attributes:
        attributes["messaging.batch.message_count"] = len(records)
    links: list[dict[str, str]] = []
    for record in records:
        if isinstance(record, dict) and (carrier := carrier_in(record)):
            links.append(carrier)
            if len(links) == _MOST_LINKS:
                break
    return Work(name, "consumer", attributes, event, links=links, invocation=invocation)


def _records_in(event: Mapping[str, Any]) -> list[Any]:
    for key in ("Records", "records", "tasks"):
        records = event.get(key)
        if isinstance(records, list):
            return records
        if isinstance(records, dict):  # of Kafka, by topic and partition
            return [record for part in records.values() if isinstance(part, list) for record in part]
    return []


def _name_stream(record: Mapping[str, Any], attributes: Attributes) -> str:
    """Set what the stream of a record is called in attributes; give the name of a span that processes it."""
    source = str(record.get("eventSource") or record.get("EventSource"))
    arn = str(record.get("eventSourceARN") or "")
    if isinstance(notification := record.get("Sns"), dict):
        arn = str(notification.get("TopicArn", ""))
    name = str(record["topic"]) if "topic" in record else _last_of(arn)
    stream = _BY_SOURCE["aws:kafka"] if "topic" in record else _BY_SOURCE.get(source)
    if stream is None:
        attributes["faas.trigger"] = "datasource"
        return "process"
    system, attributes["faas.trigger"] = stream
    if system is None:
        if isinstance(s3 := record.get("s3"), dict) and isinstance(bucket := s3.get("bucket"), dict):
            name = str(bucket.get("name"))
        attributes["faas.document.collection"] = name
        if operation := _OPERATIONS.get(str(record.get("eventName")).split(":")[0]):
            attributes["faas.document.operation"] = operation
    else:
        attributes["messaging.system"] = system
        attributes["messaging.operation.name"] = "process"
        attributes["messaging.operation.type"] = "process"
        attributes["messaging.destination.name"] = name
    return f"process {name}" if name else "process"


_OPERATIONS = {
    "INSERT": "insert",
    "MODIFY": "edit",
    "REMOVE": "delete",
    "ObjectCreated": "insert",
    "ObjectRemoved": "delete",
}


def _last_of(arn: str) -> str:
    """The name of a queue, a topic, a stream; of a DynamoDB stream, the name of its table."""
    resource = arn.rpartition(":")[2] if ":table/" not in arn else arn.partition(":table/")[2].partition("/")[0]
    return resource.rpartition("/")[2]


def _http(
    event: Mapping[str, Any], request: Mapping[str, Any], function: str, attributes: Attributes, call: Invocation
) -> Work:
    attributes["faas.trigger"] = "http"
    details = request.get("http")
    details = details if isinstance(details, dict) else {}
    method = details.get("method") or event.get("httpMethod")
    path = details.get("path") or event.get("path")
    route = event.get("routeKey") or event.get("resource") or ""
    route = route.rpartition(" ")[2] if isinstance(route, str) and not route.startswith("$") else ""
    headers = _headers_of(event)
    found = {
        "http.request.method": method,
        "http.route": route or None,
        "url.path": path,
        "url.scheme": headers.get("x-forwarded-proto"),
        "server.address": request.get("domainName") or headers.get("host"),
        "user_agent.original": headers.get("user-agent"),
    }
    attributes.update((name, value) for name, value in found.items() if isinstance(value, str))
    name = f"{method} {route}" if method and route else function
    return Work(name, "server", attributes, event, headers=headers, invocation=call)


def _headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    headers = event.get("headers") or event.get("multiValueHeaders")  # a load balancer sends one of them
    if not isinstance(headers, dict):
        return {}
    lowered = {
        str(name).lower(): value[0] if isinstance(value, list) and value else value for name, value in headers.items()
    }
    return {name: value for name, value in lowered.items() if isinstance(value, str)}


@lru_cache(maxsize=8)  # it is the same for all invocations by one alias
def _told_by(arn: object) -> Mapping[str, str | bool | int]:
    if not isinstance(arn, str) or len(parts := arn.split(":")) < 7:
        return {}
    return {
        "cloud.resource_id": ":".join(parts[:7]),  # without a version or an alias
        "cloud.account.id": parts[4],
        "aws.lambda.invoked_arn": arn,
    }
