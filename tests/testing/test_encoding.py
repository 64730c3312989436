"""Encoding, against the marshaller of AWS's own runtime client."""

from __future__ import annotations

import json
import sys
from collections import OrderedDict, namedtuple
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

import pytest
from awslambdaric.lambda_runtime_exception import FaultException  # type: ignore[import-untyped]
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from lambdakit.errors import EncodeError, EventError
from lambdakit.testing.encoding import answered, delivered, marshal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Point = namedtuple("Point", "x y")  # noqa: PYI024 - as users have them


class Word(StrEnum):
    A = "a"


class Number(IntEnum):
    ONE = 1


class Plain(Enum):
    A = "a"


class LikeANamedTuple:
    def _asdict(self) -> dict[str, int]:
        return {"q": 1}


KEYS = st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.sampled_from([Word.A, Number.ONE])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.text(alphabet='a\ud800é\u2028\x7f"\\\n')
    | st.binary()
    | st.sampled_from([Word.A, Number.ONE, LikeANamedTuple(), Decimal("1E+3"), Decimal("sNaN"), -0.0, 1e22])
)
ENCODABLE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.builds(Point, inner, inner)
        | st.dictionaries(KEYS, inner)
        | st.builds(OrderedDict, st.dictionaries(st.text(), inner))
    ),
    max_leaves=15,
)
STRANGE: list[Callable[[], object]] = [
    object,
    set,
    lambda: {Decimal(1): 1},
    lambda: {(1,): 1},
    lambda: range(3),
    bytearray,
    complex,
    lambda: Plain.A,
    lambda: iter([1]),
    lambda: 10**5000,
]


@pytest.fixture(scope="module", autouse=True)
def _as_on_lambda() -> Iterator[None]:
    """AWS's encoder looks there for what to do with text that is not ASCII."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EXECUTION_ENV", f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}")
        yield


def by_aws(result: object) -> tuple[str, str]:
    """What AWS's client sends; or its error."""
    try:
        encoded, _ = LambdaMarshaller().marshal_response(result)
    except FaultException as error:
        return "error", f"{error.exception_type}: {error.msg}"
    assert isinstance(encoded, str)
    return "json", encoded


def by_us(result: object) -> tuple[str, str]:
    try:
        return "json", marshal(result)
    except EncodeError as error:
        return "error", str(error)


def read(encoded: str) -> Any:
    """JSON, with numbers and the order of keys as they are written."""
    return json.loads(encoded, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=tuple)


@given(ENCODABLE.filter(lambda value: not isinstance(value, bytes)))
def test_a_result_is_encoded_as_awss_client_does(result: object) -> None:
    ours, theirs = by_us(result), by_aws(result)
    assert ours[0] == theirs[0]
    if ours[0] == "json":
        assert read(ours[1]) == read(theirs[1])
    else:
        assert ours[1].startswith(theirs[1])


@given(st.sampled_from(STRANGE), st.sampled_from([lambda v: v, lambda v: [v], lambda v: {"a": (1, v)}]))
def test_what_awss_client_refuses_is_refused_with_its_words(
    make: Callable[[], object], around: Callable[[object], object]
) -> None:
    ours, theirs = by_us(around(make())), by_aws(around(make()))
    assert ours[0] == theirs[0] == "error"
    assert ours[1].startswith(theirs[1])


def test_the_error_says_where() -> None:
    with pytest.raises(EncodeError, match=r"Object of type set is not JSON serializable, at result\['orders'\]\[1\]$"):
        marshal({"orders": [1, set()]})


def test_a_circle_is_refused_with_the_same_words() -> None:
    circle: list[object] = []
    circle.append({"again": circle})
    assert by_us(circle)[1].startswith(by_aws(circle)[1])


def test_the_same_value_twice_is_no_circle() -> None:
    twice = [1]
    assert answered([twice, twice]) == [[1], [1]]


def test_depth_without_end_is_refused() -> None:
    deep: list[object] = []
    for _ in range(sys.getrecursionlimit() + 1000):
        deep = [deep]
    with pytest.raises(EncodeError, match="Unable to marshal response: maximum recursion depth"):
        marshal(deep)


def test_the_caller_sees_what_json_can_hold() -> None:
    result = {1: (Decimal("9.50"), Word.A), "b": Point(1, None), "raw": b"text"}
    assert answered(result) == {"1": [9.5, "a"], "b": {"x": 1, "y": None}, "raw": "text"}


def test_bytes_are_answered_as_they_are() -> None:
    assert answered(b"\xff\x00") == b"\xff\x00"


@pytest.mark.parametrize("make", [lambda n: b"x" * n, lambda n: "x" * (n - 2)])
def test_an_answer_that_lambda_does_not_take_is_an_error(make: Callable[[int], object]) -> None:
    limit = 6 * 1024 * 1024 + 100
    answered(make(limit))
    with pytest.raises(EncodeError, match=r"Function.ResponseSizeTooLarge: Response payload size \(6291557 bytes\)"):
        answered(make(limit + 1))


def test_half_a_surrogate_pair_is_answered_only_where_the_client_escapes_it() -> None:
    if sys.version_info >= (3, 12):
        with pytest.raises(EncodeError, match="one half of a surrogate pair"):
            answered("\ud800")
    else:
        assert answered("\ud800") == "\ud800"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


@given(JSON.filter(lambda event: not isinstance(event, str)))
def test_an_event_is_delivered_as_awss_client_decodes_it(event: object) -> None:
    assert delivered(event) == LambdaMarshaller().unmarshal_request(json.dumps(event)) == event


@given(JSON)
def test_an_event_may_be_json_already(event: object) -> None:
    text = json.dumps(event)
    assert delivered(text) == delivered(text.encode()) == event


def test_an_event_is_a_copy_with_what_json_has() -> None:
    event = {"a": [1], 2: (3,)}
    copy = delivered(event)
    assert copy == {"a": [1], "2": [3]}
    copy["a"].append(2)
    assert event["a"] == [1]


@pytest.mark.parametrize("event", [{"a": object()}, float("nan"), {"a": [float("inf")]}, {(1,): 1}])
def test_an_event_that_is_no_json_is_an_error(event: object) -> None:
    with pytest.raises(EncodeError, match="the event cannot be sent as JSON: "):
        delivered(event)


@pytest.mark.parametrize("event", ["{", "", b"\xff\xfe\xff"])
def test_text_that_is_no_json_is_an_error_by_the_name_that_lambda_gives_it(event: str | bytes) -> None:
    with pytest.raises(EventError, match=r"^Runtime\.UnmarshalError: Unable to unmarshal input: "):
        delivered(event)
