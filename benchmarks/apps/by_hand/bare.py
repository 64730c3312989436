"""A plain function."""

from __future__ import annotations


def handler(event: object, context: object) -> object:
    return event
