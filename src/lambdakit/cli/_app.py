"""The commands of `lambdakit`: one file each, put together here."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Annotated

import typer

from .invoke import invoke

# Without markup, help and errors are plain text that can be piped and pasted.
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(invoke)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        typer.echo(f"lambdakit {version_of('lambdakit')}")
        raise typer.Exit


@app.callback()
def _lambdakit(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A handler toolkit for AWS Lambda."""
