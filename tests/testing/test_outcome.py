"""What came of an invocation, as LocalRuntime says it. On the real awslambdaric."""

from __future__ import annotations

from collections.abc import Callable

from lambdakit.testing.runtime import LocalRuntime

Make = Callable[..., LocalRuntime]


def test_an_exception_becomes_an_error_with_its_traceback(local: Make) -> None:
    source = """
        def handler(event, context):
            return inner(event)

        def inner(event):
            raise ValueError(f"no {event}")
    """
    with local(source) as runtime:
        outcome = runtime.invoke(7)
    assert outcome.result is None
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.message) == ("ValueError", "no 7")
    assert [frame.split(", in ")[1].split("\n")[0] for frame in outcome.error.stack_trace] == ["handler", "inner"]
    assert str(outcome.error) == "ValueError: no 7"


def test_the_process_goes_on_after_an_exception(local: Make) -> None:
    with local("def handler(event, context): return 1 / event") as runtime:
        assert runtime.invoke(0).error is not None
        outcome = runtime.invoke(4)
    assert (outcome.result, outcome.cold_start) == (0.25, False)


def test_an_error_message_may_be_long(local: Make) -> None:
    # awslambdaric repeats it in a header, longer than http.server would take
    with local("def handler(event, context): raise ValueError('x' * event)") as runtime:
        for size in (200_000, 2_000_000):
            outcome = runtime.invoke(size)
            assert outcome.error is not None
            assert outcome.error.message == "x" * size


def test_a_result_that_is_not_json_is_an_error_of_the_runtime(local: Make) -> None:
    with local("def handler(event, context): return {1, 2}") as runtime:
        outcome = runtime.invoke(None)
    assert outcome.error is not None
    assert outcome.error.type == "Runtime.MarshalError"


def test_bytes_are_decoded_if_they_are_json(local: Make) -> None:
    with local("def handler(event, context): return event.encode('latin-1')") as runtime:
        assert runtime.invoke('"[1, 2]"').result == [1, 2]
        assert runtime.invoke('"caf\\u00e9"').result == b"caf\xe9"


def test_a_result_of_over_six_megabytes_is_refused_as_by_lambda(local: Make) -> None:
    with local("def handler(event, context): return 'x' * event") as runtime:
        limit = 6 * 1024 * 1024 + 100
        assert runtime.invoke(limit - 2).error is None
        outcome = runtime.invoke(limit - 1)
        assert outcome.error is not None
        assert outcome.error.type == "Function.ResponseSizeTooLarge"
        assert f"({limit + 1} bytes)" in outcome.error.message
        assert runtime.invoke(1).result == "x"


def test_the_duration_is_that_of_the_handler(local: Make) -> None:
    with local("import time\ndef handler(event, context): time.sleep(event)") as runtime:
        assert 0.1 <= runtime.invoke(0.1).duration < 1
        assert runtime.invoke(0).duration < 0.1


def test_the_first_invocation_is_cold(local: Make) -> None:
    with local("count = 0\ndef handler(event, context):\n global count; count += 1; return count") as runtime:
        outcomes = [runtime.invoke({}) for _ in range(3)]
    assert [(outcome.cold_start, outcome.result) for outcome in outcomes] == [(True, 1), (False, 2), (False, 3)]


def test_the_start_is_timed_and_its_lines_are_kept_apart(local: Make) -> None:
    source = """
        import time
        print("imported")
        time.sleep(0.2)
        def handler(event, context): print("handled")
    """
    with local(source) as runtime:
        assert 0.2 <= runtime.init_duration < 5
        assert runtime.init_logs == ("imported",)
        assert runtime.invoke({}).logs == ("handled",)
