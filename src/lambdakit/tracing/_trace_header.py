"""X-Ray's trace header, `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`."""

from __future__ import annotations


class TraceHeader:
    """What a trace header says; see "Tracing header" in the AWS X-Ray Developer Guide.

    Attributes:
        root: The trace id, `1-5759e988-bd862e3fe1be46a994272793`.
        parent: The id of the segment that is to be the parent.
        sampled: Whether the trace is recorded; None where that was not decided yet.
        trace_id: The trace id, as W3C and OpenTelemetry count it.
        parent_id: The id of the parent, as they count it.
    """

    __slots__ = ("parent", "parent_id", "root", "sampled", "trace_id")

    def __init__(self, root: str, parent: str, sampled: bool | None, trace_id: int, parent_id: int) -> None:  # noqa: FBT001
        self.root = root
        self.parent = parent
        self.sampled = sampled
        self.trace_id = trace_id
        self.parent_id = parent_id


def read(header: str | None) -> TraceHeader | None:
    """Read a trace header; None if it names no trace and no parent in it, or is malformed."""
    if not header:
        return None
    if header[:5] == "Root=" and header[40:48] == ";Parent=" and header[64:73] == ";Sampled=":  # as Lambda has it
        root, parent, sampled = header[5:40], header[48:64], header[73:].partition(";")[0]
    else:
        root = parent = sampled = ""
        for field in header.split(";"):
            name, _, value = field.strip().partition("=")
            if name == "Root":
                root = value
            elif name == "Parent":
                parent = value
            elif name == "Sampled":
                sampled = value
    version, _, ids = root.partition("-")
    if version != "1" or len(root) != 35 or ids[8] != "-" or len(parent) != 16:
        return None
    both = _hex(ids[:8] + ids[9:] + parent)
    trace_id, parent_id = both >> 64, both & 0xFFFF_FFFF_FFFF_FFFF
    if not trace_id or not parent_id:
        return None
    return TraceHeader(root, parent, _SAMPLED.get(sampled), trace_id, parent_id)


_SAMPLED = {"1": True, "0": False}


def _hex(digits: str) -> int:
    """The number; 0 if it is none."""
    try:
        return int(digits, 16) if digits.isalnum() and digits.isascii() else 0
    except ValueError:
        return 0
