"""A metric for each invocation, as CloudWatch's embedded metric format has it."""

from __future__ import annotations

import json
import time


def handler(event: object, context: object) -> None:
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "Charged", "Unit": "Count"}],
                }
            ],
        },
        "service": "orders",
        "Charged": 1,
    }
    print(json.dumps(line), flush=True)
