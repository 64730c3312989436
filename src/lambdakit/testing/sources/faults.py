"""What can go wrong between an event source and a function."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """Something that goes wrong with one delivery. The source sees no answer, except with `LATE`.

    Give one to `poll(fault=...)`; or give a source a plan, `faults=[None, Fault.CRASH_AFTER]`: one for each delivery,
    None where nothing goes wrong, and nothing does after its end. A plan can be drawn:
    `st.lists(st.sampled_from([None, *Fault]))`.

    A process that ends in the middle is shown as one that got no further than half of the records: the handler is
    called with those alone, and its answer is thrown away. For a crash at a point of your own, raise `SandboxCrash`
    there.

    Limitations:
        The process of a test does not end, so what the handler keeps in memory outlives a crash. On Lambda it is gone.
    """

    CRASH_BEFORE = "crash before"
    """The sandbox ends before the handler is called: nothing was processed."""

    CRASH_DURING = "crash during"
    """The sandbox ends when half of the records, rounded down, are processed."""

    CRASH_AFTER = "crash after"
    """Everything is processed, and the answer is lost: the sandbox ends, or the connection does."""

    TIMEOUT = "timeout"
    """The function hangs after half of the records, rounded down, until its time-out: that much time passes."""

    LATE = "late"
    """The answer comes after the visibility time-out: the messages have been delivered again meanwhile. A stream and
    Kafka wait for no late answer: there it is lost."""


class SandboxCrash(BaseException):
    """The process of the function ends here. Raise it in a handler, or in what it calls, and the answer is lost.

    It is no `Exception`, since no code sees the end of its process.
    """


class SandboxTimeout(SandboxCrash):
    """The function has run for as long as it may."""
