"""Public checks of `lime-surrogate`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def explain_line(submission, weights, x, scale):
    rng = np.random.default_rng(0)
    return submission.lime(lambda rows: rows @ weights + 4, x, scale, 50, 2.0, 0.0, rng)


def explain_classes(submission, index):
    def predict(rows):
        return np.stack([rows[:, 0], 1 - rows[:, 0]], axis=1)

    return submission.lime(predict, np.ones(2), 0.1, 20, 1.0, 0.0, np.random.default_rng(1), index)


def test_the_example_of_the_statement(solution):
    coef, intercept, r2 = solution.run(explain_line, np.array([2.0, -1.0]), np.ones(2), 0.5)
    assert np.abs(coef - [2.0, -1.0]).max() < 1e-7
    assert abs(intercept - 5) < 1e-7
    assert abs(r2 - 1) < 1e-7


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_a_line_is_found(solution, seed):
    weights, x = np.random.default_rng(seed).normal(size=(2, 3))
    coef, _, _ = solution.run(explain_line, weights, x, np.array([0.1, 1.0, 2.0]))
    assert np.abs(coef - weights).max() < 1e-7


def test_a_class_must_be_named(solution):
    assert abs(solution.run(explain_classes, 1)[0][0] + 1) < 1e-7
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(explain_classes, None)
