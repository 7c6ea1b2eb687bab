"""Public checks of `circuit-breaker`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal


def story(submission):
    """Let a breaker open and close again; tell its states."""
    now = [0.0]
    breaker = submission.Breaker(2, 10.0, lambda: now[0])
    told = []
    for text in ("x", "y", "7"):
        try:
            breaker.call(int, text)
        except submission.BreakerOpen:
            told.append("refused")
        except ValueError:
            told.append(breaker.state())
    now[0] = 10.0
    return [*told, breaker.state(), breaker.call(int, "7"), breaker.state()]


def persist(submission, failures, attempts):
    """Retry a function that fails at first; tell its result and the pauses."""
    left, pauses = [failures], []

    def fragile():
        if left[0]:
            left[0] -= 1
            raise OSError("not yet")
        return "done"

    result = submission.retry(fragile, attempts, 1.0, 5.0, lambda: 1.0, pauses.append, (OSError,))
    return result, pauses


def test_the_example_of_the_statement(solution):
    assert_equal(solution.run(story), ["closed", "open", "refused", "half-open", 7, "closed"])


@given(failures=st.integers(0, 3))
@settings(max_examples=10)
def test_pauses_grow(solution, failures):
    assert_equal(solution.run(persist, failures, 4), ("done", [1.0, 2.0, 4.0][:failures]))


def test_the_last_error_comes_out(solution):
    with pytest.raises(OSError, match="not yet"):
        solution.run(persist, 3, 3)


def test_settings_that_make_no_sense(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.Breaker(0, 1.0, None)
