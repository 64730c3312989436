"""X-Ray's trace header, as Lambda and others write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.tracing._trace_header import read

ROOT = "1-5759e988-bd862e3fe1be46a994272793"


@pytest.mark.parametrize(
    ("sampled", "expected"), [(";Sampled=1", True), (";Sampled=0", False), (";Sampled=?", None), ("", None)]
)
@pytest.mark.parametrize("layout", ["Root={};Parent={}{}", "Self=1-a; Root={} ;Parent={}{};Lineage=1:a:0"])
def test_a_header_is_read_in_any_order_with_whatever_else_is_there(
    layout: str, sampled: str, expected: bool | None
) -> None:
    header = read(layout.format(ROOT, "53995c3f42cd8ad8", sampled))
    assert header is not None
    assert (header.root, header.parent, header.sampled) == (ROOT, "53995c3f42cd8ad8", expected)
    assert header.trace_id == 0x5759E988BD862E3FE1BE46A994272793
    assert header.parent_id == 0x53995C3F42CD8AD8


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Root=",
        f"Root={ROOT}",
        f"Root={ROOT};Parent=",
        f"Root={ROOT};Parent=53995c3f42cd8ad",
        f"Root={ROOT};Parent=53995c3f42cd8adx",
        f"Root={ROOT};Parent=0000000000000000",
        f"Root={ROOT[:-1]};Parent=53995c3f42cd8ad8",
        f"Root=2{ROOT[1:]};Parent=53995c3f42cd8ad8",
        f"Root={ROOT.replace('bd', '_d')};Parent=53995c3f42cd8ad8",
        "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
        "Root=1-5759e988bd862e3fe1be46a9942727931;Parent=53995c3f42cd8ad8",
    ],
)
def test_what_names_no_trace_or_no_parent_is_none(header: str | None) -> None:
    assert read(header) is None


@given(st.text(alphabet="Root=1-;Parent Sampled0123456789abcdef\u0661", max_size=120) | st.text())
def test_no_text_makes_it_fail(header: str) -> None:
    found = read(header)
    assert found is None or found.trace_id > 0
