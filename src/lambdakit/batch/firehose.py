"""Amazon Data Firehose: records are transformed; each is answered for."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping  # noqa: TC003 - so that the annotations of FirehoseMetadata can be read
from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired, TypedDict

from lambdakit._configurable import ConfigurableAdapter
from lambdakit.errors import EncodeError, EventError

from ._engine import batch_of
from ._records import came

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdakit._middleware import Adapter

    from ._source import LaneOf, Record

_LIMIT = 6_000_000  # bytes of the whole answer; AWS says 6 MB

_log = logging.getLogger("lambdakit.batch")


class FirehoseMetadata(TypedDict):
    """By what dynamic partitioning chooses a prefix."""

    partitionKeys: Mapping[str, str]


class FirehoseResponseRecord(TypedDict):
    """What became of one record."""

    recordId: str
    result: Literal["Ok", "Dropped", "ProcessingFailed"]
    data: str
    metadata: NotRequired[FirehoseMetadata]


class FirehoseResponse(TypedDict):
    """What Firehose expects: an entry for each record."""

    records: list[FirehoseResponseRecord]


class Dropped:
    """What a handler returns for a record that is not to be delivered: `DROPPED`."""

    def __repr__(self) -> str:
        return "DROPPED"


DROPPED: Final = Dropped()
"""A record is left out of the delivery, on purpose."""


class Transformed:
    """What a handler returns for a record that has partition keys.

    Args:
        data: The record to deliver: bytes, text, a pydantic model, or anything that JSON knows.
        partition_keys: Names and values for dynamic partitioning.
    """

    def __init__(self, data: object, *, partition_keys: Mapping[str, str]) -> None:
        self.data = data
        self.partition_keys = partition_keys


class _Firehose:
    name = "firehose_transform"

    def records(self, event: Any) -> Sequence[Record]:
        records: Any = event.get("records") if isinstance(event, dict) else None
        if not isinstance(records, list):
            msg = "firehose_transform expected an event from Firehose, an object with a list of 'records'; "
            raise EventError(msg + came(event, records, "Firehose", key="records"))
        if not all(isinstance(record, dict) and isinstance(record.get("recordId"), str) for record in records):
            msg = "firehose_transform expected records with a 'recordId' each; at least one has none"
            raise EventError(msg)
        return records

    def id_of(self, record: Record) -> str:
        record_id: str = record["recordId"]
        return record_id

    def lane_of(self, _records: Sequence[Record], _concurrency: int) -> LaneOf | None:
        return None

    def describe(self, record: Mapping[str, Any]) -> Mapping[str, object]:
        return {"record_id": record["recordId"]}

    def read_result(self, record: Record, result: Any) -> FirehoseResponseRecord:
        if isinstance(result, Dropped):
            return {"recordId": record["recordId"], "result": "Dropped", "data": record.get("data", "")}
        if isinstance(result, Transformed):
            answer = _ok(record, result.data)
            answer["metadata"] = {"partitionKeys": result.partition_keys}
            return answer
        return _ok(record, result)

    def answer(
        self, _event: Any, records: Sequence[Record], failures: Mapping[int, Exception], results: Sequence[Any]
    ) -> FirehoseResponse:
        answers: list[FirehoseResponseRecord] = []
        size = 0
        for index, record in enumerate(records):
            answer: FirehoseResponseRecord = results[index] if index not in failures else _failed(record)
            size += len(answer["data"]) + len(answer["recordId"]) + 100  # 100 for what stands around them
            if size > _LIMIT and answer["result"] == "Ok":
                _log.error("record %s does not fit: an answer to Firehose may have 6 MB", record["recordId"])
                size -= len(answer["data"])
                answer = _failed(record)
                answer["data"] = ""
            answers.append(answer)
        return {"records": answers}

    def all_failed(self, _records: Sequence[Record], _failures: Mapping[int, Exception]) -> bool:
        return False


@ConfigurableAdapter
def firehose_transform(
    *, concurrency: int = 1, reserve: float | None = None
) -> Adapter[object, FirehoseResponse, Record, object]:
    """Call the handler once per Firehose record, and deliver what it returns.

    Below this decorator the event is one record: AWS's own dict, with `data` in base64, or with `@parse` beneath it a
    `KinesisFirehoseRecord[Order]`. The handler returns what is to be delivered: bytes, text, a pydantic model, anything
    that JSON knows, or a `Transformed` with partition keys; or `DROPPED`. A record whose handler raises, or returns
    None, is answered `ProcessingFailed`; Firehose puts it with the errors. See "Transform source data in Amazon Data
    Firehose" in the Amazon Data Firehose Developer Guide.

    Args:
        concurrency: How many records are processed at the same time: in threads if the handler is a plain function, in
            tasks if it is async.
        reserve: Seconds that must be left for a record to be started; those that are not are `ProcessingFailed`.
            Default: as long as the slowest record so far took, and half a second for the answer.

    Raises:
        OptionError: An option has a value that it cannot have; at import.
        EventError: The event is not from Firehose, or a record has no id; nothing was processed.

    Limitations:
        An answer may have 6 MB in all. A record that does not fit any more is `ProcessingFailed`, and logged; choose
        a smaller buffer. See `sqs_batch` on threads that still run when the answer has to be given.
    """
    return batch_of(_Firehose(), concurrency=concurrency, reserve=reserve)


def _ok(record: Record, data: Any) -> FirehoseResponseRecord:
    return {"recordId": record["recordId"], "result": "Ok", "data": base64.b64encode(_bytes(data)).decode()}


def _failed(record: Record) -> FirehoseResponseRecord:
    return {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record.get("data", "")}


def _bytes(data: Any) -> bytes:
    if isinstance(data, bytes):
        return data
    if data is None:
        msg = "the handler returned None for a record; return what is to be delivered, or DROPPED"
        raise EncodeError(msg)
    if isinstance(data, str):
        return data.encode()
    if callable(as_json := getattr(data, "model_dump_json", None)):
        return str(as_json(by_alias=True)).encode()
    try:
        return json.dumps(data, allow_nan=False).encode()
    except (TypeError, ValueError):
        kind = type(data).__name__
    msg = f"a {kind} cannot be delivered; return bytes, text, a pydantic model, or what JSON knows"
    raise EncodeError(msg)
