"""The `lambdakit` command; needs `pip install 'lambdakit[cli]'`."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from lambdakit._extras import extra
from lambdakit.errors import MissingExtraError

__all__ = ["main"]


def main() -> None:
    """Run the command line in `sys.argv`.

    Raises:
        SystemExit: Always, at the end: 0 if all went well, 1 if the function (or the command) failed, 2 if the
            command line was wrong.
    """
    if sys.platform == "win32":
        sys.exit("lambdakit: the command needs Linux, macOS or WSL, as AWS's runtime client does")
    try:
        with extra("cli", needed_by="The lambdakit command"):
            from ._app import app  # noqa: PLC0415 - without the extra, importing this package must not fail
    except MissingExtraError as error:
        sys.exit(f"lambdakit: {error}")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Results and logs may hold what the terminal's encoding does not: show it escaped instead of failing.
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="lambdakit")
