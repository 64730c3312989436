"""Events as AWS sends them; the README here says where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def sample(name: str) -> Any:
    """A fresh copy of an event."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))


def sqs_message(body: object) -> dict[str, Any]:
    """A message of a queue, with a body; what is no text becomes JSON."""
    message: dict[str, Any] = sample("sqs")["Records"][0]
    return message | {"body": body if isinstance(body, str) else json.dumps(body)}


def sns_envelope(message: object) -> str:
    """What a topic puts into a queue that is subscribed to it."""
    envelope: dict[str, Any] = sample("sns")["Records"][0]["Sns"]
    envelope["SigningCertURL"] = envelope.pop("SigningCertUrl")
    envelope["UnsubscribeURL"] = envelope.pop("UnsubscribeUrl")
    return json.dumps(envelope | {"Message": message if isinstance(message, str) else json.dumps(message)})


def eventbridge(detail: object) -> dict[str, Any]:
    """An event of a bus."""
    event: dict[str, Any] = sample("scheduled")
    return event | {"source": "shop", "detail-type": "Order placed", "detail": detail}
