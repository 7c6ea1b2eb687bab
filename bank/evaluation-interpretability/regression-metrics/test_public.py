"""Public checks of `regression-metrics`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

Y, P = np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 5.0])
WANTED = {"mse": 5 / 3, "rmse": (5 / 3) ** 0.5, "mae": 1.0, "r2": 9 / 14}


def in_two_parts(submission, y, p):
    first, second = submission.Running(), submission.Running()
    first.update(y[:1], p[:1])
    second.update(y[1:], p[1:])
    first.merge(second)
    return first.result()


def test_the_example_of_the_statement(solution):
    assert_close(solution.metrics(Y, P), WANTED)
    assert_close(solution.run(in_two_parts, Y, P), WANTED)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_a_column_is_as_good_as_a_row(solution, seed):
    rng = np.random.default_rng(seed)
    y, p = rng.normal(size=(2, 5))
    assert_close(solution.metrics(y[:, None], p), solution.metrics(y, p))


def test_nothing_has_no_metrics(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.metrics(np.zeros(0), np.zeros(0))
