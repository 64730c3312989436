"""`sqs_batch(backoff=..., not_retryable=...)`: how long a wait is, and what is known at import; without a server."""

from __future__ import annotations

import random
import subprocess
import sys
from math import ceil, inf, nan
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdakit import OptionError, sqs_batch
from lambdakit.batch import _sqs_retry
from lambdakit.batch._sqs_retry import CAP, SQSRetry

# How long


def retrying(backoff: Any) -> SQSRetry:
    return SQSRetry(backoff=backoff, not_retryable=(), dead_letter_queue=None)


def received(times: int) -> Any:
    return {"attributes": {"ApproximateReceiveCount": str(times)}}


@given(backoff=st.floats(0.001, CAP), times=st.integers(1, 10_000))
@example(backoff=float(CAP), times=10_000)
def test_a_wait_is_never_negative_and_never_over_its_bound_or_the_cap(backoff: float, times: int) -> None:
    seconds = retrying(backoff)._seconds(received(times))
    assert isinstance(seconds, int)
    assert 0 <= seconds <= min(CAP, ceil(backoff * 2.0 ** min(times - 1, 30)))


@given(backoff=st.integers(1, 100), times=st.integers(1, 9))
def test_the_bound_of_a_wait_doubles_with_each_receive(backoff: int, times: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sqs_retry._random, "uniform", lambda low, high: high)
        first, second = (retrying(backoff)._seconds(received(number)) for number in (times, times + 1))
    assert first == min(CAP, backoff * 2 ** (times - 1))
    assert second == min(CAP, 2 * first)


@given(wanted=st.floats(allow_nan=False))
@example(wanted=inf)
@example(wanted=-inf)
def test_what_a_function_says_is_brought_within_the_bounds(wanted: float) -> None:
    seconds = retrying(lambda receive_count: wanted)._seconds(received(1))
    assert seconds == round(min(CAP, max(0, wanted)))


def test_the_jitter_is_random_in_every_copy_of_a_snapshot() -> None:
    random.seed(1)
    first = [retrying(10_000)._seconds(received(1)) for _ in range(4)]
    random.seed(1)
    assert [retrying(10_000)._seconds(received(1)) for _ in range(4)] != first


# What is known at import


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"backoff": 0}, "backoff is more than 0 and at most 42300 seconds, not 0"),
        ({"backoff": -1}, "backoff is more than 0 and at most 42300 seconds, not -1"),
        ({"backoff": 42_301}, "backoff is more than 0 and at most 42300 seconds, not 42301"),
        ({"backoff": nan}, "backoff is more than 0 and at most 42300 seconds, not nan"),
        ({"backoff": inf}, "backoff is more than 0 and at most 42300 seconds, not inf"),
        ({"backoff": True}, "backoff is seconds, or a function of the receive count, not True"),
        ({"backoff": "10"}, "backoff is seconds, or a function of the receive count, not '10'"),
        ({"not_retryable": ValueError}, "not_retryable is a tuple of exception classes, not <class 'ValueError'>"),
        ({"not_retryable": [ValueError]}, "not_retryable is a tuple of exception classes"),
        ({"not_retryable": (ValueError("x"),)}, "not_retryable is a tuple of exception classes"),
        ({"not_retryable": (KeyboardInterrupt,)}, "not_retryable is a tuple of exception classes"),
        ({"not_retryable": (ValueError,)}, "not_retryable and dead_letter_queue belong together; one is missing"),
        ({"dead_letter_queue": "https://sqs/1/q"}, "not_retryable and dead_letter_queue belong together"),
        (
            {"not_retryable": (ValueError,), "dead_letter_queue": "arn:aws:sqs:eu-west-1:1:q"},
            "dead_letter_queue is the URL of a queue, not 'arn:aws:sqs:eu-west-1:1:q'",
        ),
        ({"not_retryable": (ValueError,), "dead_letter_queue": ""}, "dead_letter_queue is the URL of a queue, not ''"),
    ],
)
def test_a_wrong_option_is_refused_at_import(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=rf"^@sqs_batch \(.*test_sqs_retry_options\.py, line \d+\): {problem}"):
        sqs_batch(**options)


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    "options", ["backoff=5", "not_retryable=(ValueError,), dead_letter_queue='https://sqs.eu-west-1.amazonaws.com/1/q'"]
)
def test_without_boto3_the_extra_is_named_at_import(options: str) -> None:
    output = python(
        "import sys\n"
        "sys.modules['boto3'] = None\n"
        "from lambdakit import MissingExtraError, sqs_batch\n"
        f"try: sqs_batch({options})\n"
        "except MissingExtraError as error: print(error)\n"
    )
    assert "needs boto3: pip install 'lambdakit[aws]'" in output


def test_without_these_options_boto3_need_not_be_there() -> None:
    python(
        "import sys\n"
        "sys.modules['boto3'] = None\n"
        "from lambdakit import sqs_batch\n"
        "from lambdakit.testing import events\n"
        "def handler(message, context): raise ValueError\n"
        "sqs_batch(on_all_failed='report')(handler)(events.sqs('a'), None)\n"
    )


def test_boto3_is_not_imported_when_nothing_fails() -> None:
    output = python(
        "import sys\n"
        "from lambdakit import sqs_batch\n"
        "from lambdakit.testing import events\n"
        "options = dict(backoff=5, not_retryable=(ValueError,), dead_letter_queue='https://sqs/1/q')\n"
        "handler = sqs_batch(**options)(lambda message, context: None)\n"
        "handler(events.sqs('a', 'b'), None)\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('boto3', 'botocore')))\n"
    )
    assert output == "[]\n"
