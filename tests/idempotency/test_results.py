"""What is replayed: an equal value of the same type."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from lambdakit import HandlerError, ResultNotStoredError, idempotent
from lambdakit.idempotency._results import Results
from lambdakit.stores import MemoryStore

if TYPE_CHECKING:
    from tests.conftest import AsKind
    from tests.idempotency.conftest import WatchedStore


class Receipt(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    id: str = Field(validation_alias="receiptId", serialization_alias="receipt_id")
    total: Decimal
    at: dt.datetime | None = None


@dataclasses.dataclass
class Line:
    sku: str
    count: int = 1
    price: Decimal = Decimal("0.10")


class Kind(enum.Enum):
    OPEN = "open"


class Place(NamedTuple):
    x: int
    y: int


NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
RECEIPT = Receipt(id="r-1", total=Decimal("12.50"), at=NOON)

RESULTS: list[tuple[object, object]] = [
    (None, None),
    (bool, False),
    (int, 0),
    (str, ""),
    (list[Any], []),
    (dict[str, Any], {}),
    (float, 0.1),
    (dict[str, Any], {"statusCode": 200, "body": "ok", "nested": [1, None, {"a": 1.5}]}),
    (Receipt, RECEIPT),
    (list[Receipt], [RECEIPT, RECEIPT]),
    (dict[str, Receipt], {"a": RECEIPT}),
    (Receipt | None, None),
    (Receipt | None, RECEIPT),
    (Line, Line("a", 2, Decimal("9.99"))),
    (list[Line], [Line("a"), Line("b")]),
    (list[Line], []),
    (Decimal, Decimal("1.10")),
    (dt.datetime, NOON),
    (dt.date, NOON.date()),
    (UUID, UUID(int=7)),
    (bytes, b"\xff\x00"),
    (tuple[int, str], (1, "a")),
    (set[str], {"a", "b"}),
    (Kind, Kind.OPEN),
    (Place, Place(1, 2)),
]


@pytest.mark.parametrize(("annotation", "result"), RESULTS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("compress", [False, True])
def test_a_replay_is_equal_and_of_the_same_type(
    as_kind: AsKind, store: WatchedStore, annotation: Any, result: object, compress: bool
) -> None:
    def function(event: Any, context: Any) -> Any:
        return result

    function.__annotations__["return"] = annotation
    handler = idempotent(store, key=lambda event: "1", compress=compress)(as_kind(function))
    first, again = handler({}, None), handler({}, None)
    assert store.steps == ["claim", "complete", "claim"]
    assert first is result
    assert again == result
    assert type(again) is type(result)


def test_annotations_that_are_text_are_read_where_the_function_stands(store: WatchedStore) -> None:
    class Local(BaseModel):
        id: str

    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> Local:
        return Local(id="1")

    assert handler({}, None) == handler({}, None) == Local(id="1")


def test_a_class_that_is_defined_further_down_is_found(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> Later:
        return Later(id="1")

    assert handler({}, None) == handler({}, None) == Later(id="1")


class Later(BaseModel):
    id: str


def test_a_type_that_is_never_defined_is_told_before_anything_runs(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> Missing:  # type: ignore[name-defined]  # noqa: F821
        raise AssertionError

    with pytest.raises(HandlerError, match="its return annotation, Missing, cannot be evaluated"):
        handler({}, None)
    assert store.steps == []


def test_a_type_that_cannot_be_stored_is_told_before_anything_runs(store: WatchedStore) -> None:
    class Connection: ...

    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> Connection:
        raise AssertionError

    with pytest.raises(HandlerError, match="results of the type that it is annotated to return cannot be stored"):
        handler({}, None)
    assert store.steps == []


@pytest.mark.parametrize(
    "result", [RECEIPT, Decimal(1), (1, 2), {1: "a"}, {"a": (1,)}, math.nan, {"a": {1}}, b"bytes", object()]
)
def test_without_an_annotation_only_json_can_be_stored(as_kind: AsKind, store: WatchedStore, result: object) -> None:
    def function(event: Any, context: Any):  # type: ignore[no-untyped-def]
        return result

    handler = idempotent(store, key=lambda event: "1")(as_kind(function))
    with pytest.raises(ResultNotStoredError, match="the function is not annotated to return one") as caught:
        handler({}, None)
    assert "12.50" not in str(caught.value)


def test_a_result_that_could_not_be_stored_does_not_make_the_function_run_again(
    as_kind: AsKind, store: WatchedStore, calls: list[Any]
) -> None:
    def function(event: Any, context: Any):  # type: ignore[no-untyped-def]
        calls.append("charged")
        return RECEIPT

    handler = idempotent(store, key=lambda event: "1")(as_kind(function))
    with pytest.raises(ResultNotStoredError, match="annotate the function"):
        handler({}, None)
    with pytest.raises(ResultNotStoredError, match="ran to its end under this key"):
        handler({}, None)
    assert calls == ["charged"]


def test_a_result_too_large_for_the_store_does_not_either(
    as_kind: AsKind, store: WatchedStore, calls: list[Any]
) -> None:
    store.too_large = 100

    @idempotent(store, key=lambda event: "1")
    @as_kind
    def handler(event: Any, context: Any) -> str:
        calls.append("charged")
        return "x" * 101

    with pytest.raises(ResultNotStoredError, match="too large"):
        handler({}, None)
    with pytest.raises(ResultNotStoredError, match="ran to its end under this key"):
        handler({}, None)
    assert calls == ["charged"]


def test_compress_makes_it_small_enough(store: WatchedStore) -> None:
    store.too_large = 100

    @idempotent(store, key=lambda event: "1", compress=True)
    def handler(event: Any, context: Any) -> str:
        return "x" * 10_000

    assert handler({}, None) == handler({}, None) == "x" * 10_000


def test_what_the_annotation_does_not_allow_is_an_error(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> list[Receipt]:
        return [Line("a")]  # type: ignore[list-item]

    with pytest.raises(ResultNotStoredError, match="cannot be stored: pydantic: "):
        handler({}, None)


def test_a_subclass_with_more_than_the_annotation_says_is_an_error(store: WatchedStore) -> None:
    class Signed(Receipt):
        signature: str

    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> Receipt:
        return Signed(id="r", total=Decimal(1), signature="s")

    with pytest.raises(ResultNotStoredError):
        handler({}, None)


def test_a_stored_result_that_does_not_fit_any_more_is_told_without_its_values(store: WatchedStore) -> None:
    class Old(BaseModel):
        secret: str

    class New(BaseModel):
        number: int

    def function(event: Any, context: Any) -> Any:
        return Old(secret="hunter2")

    function.__annotations__["return"] = Old
    idempotent(store, key=lambda event: "1")(function)({}, None)
    function.__annotations__["return"] = New
    with pytest.raises(ResultNotStoredError, match="does not fit its return annotation any more") as caught:
        idempotent(store, key=lambda event: "1")(function)({}, None)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_result_that_holds_itself_is_an_error(store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1")
    def handler(event: Any, context: Any) -> list[Any]:
        result: list[Any] = []
        result.append(result)
        return result

    with pytest.raises(ResultNotStoredError, match="it holds itself, or is nested too deep"):
        handler({}, None)


class Undecided(BaseModel):
    """Cannot be compared, as a model with an array of NumPy cannot."""

    id: str

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value is ambiguous")


def test_a_result_that_cannot_be_compared_is_not_stored_and_nothing_runs_again(
    as_kind: AsKind, store: WatchedStore, calls: list[Any]
) -> None:
    def function(event: Any, context: Any) -> Undecided:
        calls.append("charged")
        return Undecided(id="1")

    handler = idempotent(store, key=lambda event: "1")(as_kind(function))
    for problem in ("cannot be stored: pydantic: ValueError", "ran to its end under this key"):
        with pytest.raises(ResultNotStoredError, match=problem):
            handler({}, None)
    assert calls == ["charged"]


def test_on_replay_adjusts_a_replay_and_nothing_else(as_kind: AsKind, store: WatchedStore) -> None:
    @idempotent(store, key=lambda event: "1", on_replay=lambda result: {**result, "replayed": True})
    @as_kind
    def handler(event: Any, context: Any) -> dict[str, object]:
        return {"id": 1}

    assert handler({}, None) == {"id": 1}
    assert handler({}, None) == {"id": 1, "replayed": True}
    assert handler({}, None) == {"id": 1, "replayed": True}


def test_no_model_library_is_loaded_for_json() -> None:
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from lambdakit import idempotent\n"
        "from lambdakit.stores import MemoryStore\n"
        "@idempotent(MemoryStore(), key=lambda event: event['id'])\n"
        "def handler(event, context) -> dict[str, int]: return {'n': 1}\n"
        "assert handler({'id': 1}, None) == handler({'id': 1}, None)\n"
        "assert 'pydantic' not in sys.modules and 'asyncio' not in sys.modules and 'inspect' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(result=JSON, compress=st.booleans())
def test_all_of_json_comes_back_as_it_was(result: object, compress: bool) -> None:
    store = MemoryStore()

    @idempotent(store, key=lambda event: "1", compress=compress)
    def handler(event: Any, context: Any) -> object:
        return result

    assert handler({}, None) is result
    assert repr(handler({}, None)) == repr(result)


RECEIPTS = st.builds(
    Receipt, id=st.text(), total=st.decimals(allow_nan=False, allow_infinity=False), at=st.none() | st.datetimes()
)


@given(result=st.builds(Line) | st.lists(st.builds(Line)) | RECEIPTS | JSON)
def test_what_can_be_written_is_read_back_equal(result: Any) -> None:
    def function() -> Any: ...

    function.__annotations__["return"] = Line | Receipt | list[Line] | Any
    results = Results(function, compress=False)
    results.prepare()
    try:
        text = results.write(result)
    except ResultNotStoredError:
        return  # NaN, and what pydantic's union would read as another type
    again = results.read(text)
    assert again == result
    assert type(again) is type(result)
