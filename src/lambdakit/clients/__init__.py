"""What a function works with, made at first use: boto3's clients, pools, models, modules."""

from ._client import client
from ._lazy import lazy
from ._module import lazy_import
from ._on_loops import LazyAwaitable
from ._override import override
from ._prewarm import prewarm

__all__ = ["LazyAwaitable", "client", "lazy", "lazy_import", "override", "prewarm"]
