"""`lazy_import`: modules that are heavy, and are not needed in every invocation."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lambdakit._configurable import called_at
from lambdakit.errors import OptionError

from ._lazy import proxied
from ._once import Once

if TYPE_CHECKING:
    from types import ModuleType


def lazy_import(name: str, /, *, early: bool | None = None) -> ModuleType:
    """Import a module when it is first used, and not before.

    `pandas = lazy_import("pandas")` costs nothing; `pandas.DataFrame(...)` then imports it.

    With provisioned concurrency, SnapStart and Managed Instances nobody waits for the start, so there it is imported at
    once.

    Args:
        name: The full name of the module.
        early: Whether to import it at once. Default: as above; `LAMBDAKIT_EARLY_CLIENTS=1` says it for all.

    Raises:
        OptionError: There is no such package; at import. Of `package.module`, only the package is looked for.

    Limitations:
        To type checkers it is any module. Where that matters: `import pandas` under `if TYPE_CHECKING:`, and
        `pandas = lazy_import("pandas")` under its `else:`.
    """
    package = str(name).partition(".")[0]
    if not package or find_spec(package) is None:
        msg = f"{called_at('lazy_import')}: there is no package {package!r}; is it installed?"
        raise OptionError(msg)
    module: Any = proxied(Once(f"lazy module {name!r}", lambda: import_module(name)), early=early)
    return module  # type: ignore[no-any-return]
