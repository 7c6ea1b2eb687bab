"""Public checks of `shapley-exact`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


def example(submission, x, background):
    def f(rows):
        return rows[:, 0] * rows[:, 1] + rows[:, 2]

    return submission.shapley(f, x, background), submission.interactions(f, x, background)


def linear(submission, weights, x, background):
    return submission.shapley(lambda rows: rows @ weights, x, background)[0]


def test_the_example_of_the_statement(solution):
    (phi, base), pairs = solution.run(example, np.array([2.0, 3.0, 1.0]), np.zeros((1, 3)))
    assert_close(phi, np.array([3.0, 3.0, 1.0]))
    assert abs(base) < 1e-12
    assert_close(pairs, np.array([[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_a_linear_model(solution, seed):
    rng = np.random.default_rng(seed)
    weights, x, background = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(4, 3))
    wanted = weights * (x - background.mean(axis=0))
    assert_close(solution.run(linear, weights, x, background), wanted, rtol=1e-8)


def test_no_background_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(example, np.ones(3), np.ones((0, 3)))
