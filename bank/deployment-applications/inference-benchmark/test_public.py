"""Public checks of `inference-benchmark`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def measure(submission, times, warmup, repeats):
    """Let a clock show these times; tell the result and how often the model was called."""
    shown, called = iter(times), []
    result = submission.benchmark(called.append, lambda: 7, warmup, repeats, lambda: next(shown))
    return result, called


def duel(submission, times, rounds):
    """Let two models take turns; tell the result and who was called."""
    shown, called = iter(times), []
    models = [lambda x: called.append(f"a{x}"), lambda x: called.append(f"b{x}")]
    return submission.compare(*models, lambda: len(called), rounds, lambda: next(shown)), called


def test_the_example_of_the_statement(solution):
    assert_equal([solution.percentile([3.0, 1.0, 2.0], percent) for percent in (50, 67)], [2.0, 3.0])
    result, called = solution.run(measure, [10.0, 10.5, 20.0, 20.25], 1, 2)
    assert_close(result, {"median": 0.375, "p95": 0.5, "mean": 0.375, "throughput": 2 / 0.75})
    assert_equal(called, [7, 7, 7])


@given(warmup=st.integers(0, 3), repeats=st.integers(1, 4))
@settings(max_examples=10)
def test_every_call_takes_a_second(solution, warmup, repeats):
    result, called = solution.run(measure, [float(n) for n in range(2 * repeats)], warmup, repeats)
    assert_close(result, {"median": 1.0, "p95": 1.0, "mean": 1.0, "throughput": 1.0})
    assert_equal(len(called), warmup + repeats)


def test_taking_turns(solution):
    result, called = solution.run(duel, [0.0, 1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 10.0], 2)
    assert_close(result, {"a": 2.0, "b": 1.5, "ratio": 1.75, "wins": 1})
    assert_equal(called, ["a0", "b0", "a2", "b2", "b4", "a4"])


def test_no_repeats(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(measure, [], 1, 0)
