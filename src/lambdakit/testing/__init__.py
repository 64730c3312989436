"""Tools for tests of handlers: events, contexts, and the way in and out of a handler that Lambda takes.

Everything here can be imported; with pytest, `events`, `lambda_context` and `cold_start` are fixtures, too, which need
no import: installing lambdakit is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdakit._lazy import lazy_names

if TYPE_CHECKING:
    from ._events import Events, events
    from .context import ClientContext, CognitoIdentity, FakeContext, MobileClient
    from .running import arun, run
    from .runtime import FunctionError, InitError, LocalRuntime, Outcome

_HOMES = {
    "_events": ("Events", "events"),
    "context": ("ClientContext", "CognitoIdentity", "FakeContext", "MobileClient"),
    "running": ("arun", "run"),
    "runtime": ("FunctionError", "InitError", "LocalRuntime", "Outcome"),
}

__all__ = [
    "ClientContext",
    "CognitoIdentity",
    "Events",
    "FakeContext",
    "FunctionError",
    "InitError",
    "LocalRuntime",
    "MobileClient",
    "Outcome",
    "arun",
    "events",
    "run",
]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
