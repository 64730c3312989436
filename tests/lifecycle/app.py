"""A function that takes longer than it may, in the ways of the event: deployed by `test_deadline_in_lambda.py`."""

from __future__ import annotations

import asyncio
import os
import time
from http.client import HTTPConnection
from typing import Any

from lambdakit import Context, deadline, idempotent, log, logged, measured, metrics
from lambdakit.stores import SQLiteStore

store = SQLiteStore(os.environ["STORE"], per_sandbox=True)
in_time = deadline(margin=1.6)
counted = measured(namespace="Test")
once = idempotent(store, key=lambda event: event["id"])


@logged
@counted
@in_time
@once
def plain(event: dict[str, Any], context: Context) -> str:
    log.info("started", how=event["how"])
    metrics.count("Started")
    match event["how"]:
        case "sleeping":
            time.sleep(60)
        case "computing":
            while True:
                sum(range(1000))
        case "requesting":
            connection = HTTPConnection("127.0.0.1", event["port"], timeout=60)
            connection.request("GET", "/")
            connection.getresponse()
    return "done"


@logged
@counted
@in_time
@once
async def awaited(event: dict[str, Any], context: Context) -> str:
    log.info("started", how=event["how"])
    metrics.count("Started")
    match event["how"]:
        case "sleeping":
            await asyncio.sleep(60)
        case "requesting":
            reader, _ = await asyncio.open_connection("127.0.0.1", event["port"])
            await reader.read(1)
    return "done"
