"""Whether a library is there, asked without loading it."""

from __future__ import annotations

from lambdakit._extras import extra


def check_installed(library: str, *, extra_name: str, needed_by: str) -> None:
    """Say at import that a library is missing; it is loaded at first use, so that import stays cheap.

    Raises:
        MissingExtraError: It is not installed.
    """
    from importlib import import_module  # noqa: PLC0415 - where a store is made, and not before
    from importlib.util import find_spec  # noqa: PLC0415

    if find_spec(library) is None:
        with extra(extra_name, needed_by=needed_by):
            import_module(library)
