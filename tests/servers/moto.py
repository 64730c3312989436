"""moto's server in a process of its own, one request at a time: DynamoDB with all that dynalite lacks, and SQS.

`tests/moto_sqs.py` runs it in the process of the tests instead, where its time can be moved.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers._aws import AWSServer
from tests.servers._process import HOST, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_APP = Path(__file__).with_name("_moto_app.py")


class MotoServer(AWSServer):
    """Where a moto is."""


@contextmanager
def running_moto() -> Iterator[MotoServer]:
    """A new moto while the block runs."""

    def command(port: int) -> list[str]:
        # -P: else the directory of the script would be searched for modules first, and has one named moto.
        return [sys.executable, "-P", str(_APP), HOST, str(port)]

    with running(command, ready="moto is ready") as port:
        yield MotoServer(HOST, port)
