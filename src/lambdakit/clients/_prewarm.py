"""`prewarm`: everything made, and every connection opened, before somebody waits for it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lambdakit.errors import OptionError

from ._lazy import known
from ._proxy import Proxy, once_of

if TYPE_CHECKING:
    from ._once import Once

_log = logging.getLogger("lambdakit.clients")


def prewarm(*targets: object) -> None:
    """Make lazy values now, and open their connections: at import, or when a warm-up event comes.

    Of a boto3 client, one connection is opened to its endpoint, TLS included; of other values, what `warm` said. What
    fails is logged, and its first use tries again.

    Args:
        *targets: What `client`, `lazy` or `lazy_import` gave. Default: all of them, but those of async factories.

    Raises:
        OptionError: A target is something else, or is made by an async factory: await that instead.
    """
    chosen: list[Once[object]] = []
    for target in targets:
        if type(target) is not Proxy:
            msg = f"prewarm takes what client(), lazy() or lazy_import() gave, not a {type(target).__qualname__}"
            raise OptionError(msg)
        chosen.append(once_of(target))
    for once in chosen if targets else list(known):
        try:
            once.warm_up()
        except Exception:  # noqa: BLE001 - the first use tells whoever needs it
            _log.exception("%s could not be warmed; its first use tries again", once.name)
