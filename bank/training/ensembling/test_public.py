"""Public checks of `ensembling`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def fit_mean(x, y):
    """A model that predicts the mean it has seen, and its first feature on top."""
    mean = y.mean()
    return lambda rows: mean + rows[:, 0]


def stack_two(submission, x, y, folds):
    predict, z = submission.stack([fit_mean, fit_mean], fit_mean, x, y, folds)
    return predict(x), z


def bag_one(submission, x, y):
    predict, oob = submission.bag(fit_mean, x, y, 1, np.random.default_rng(0))
    return predict(x), oob


def test_the_examples_of_the_statement(solution):
    soft = solution.soft_vote(np.array([[[0.9, 0.1]], [[0.2, 0.8]]]), np.array([1.0, 3.0]))
    assert_close(soft, np.array([[0.375, 0.625]]))
    assert_equal(solution.hard_vote(np.array([[2, 7, -1], [2, 5, 4], [0, 5, -3]])), np.array([2, 5, -3]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_one_model_alone_decides(solution, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-3, 4, size=(1, 6))
    assert_equal(solution.hard_vote(labels), labels[0])


def test_two_folds(solution):
    x, y = np.zeros((3, 1)), np.array([2.0, 4.0, 9.0])
    predictions, z = solution.run(stack_two, x, y, np.array([0, 0, 1]))
    assert_close(z, np.array([[9.0, 9.0], [9.0, 9.0], [3.0, 3.0]]))
    assert_close(predictions, np.full(3, 10.0))


def test_out_of_bag(solution):
    x, y = np.zeros((3, 1)), np.array([1.0, 2.0, 4.0])
    rows = np.random.default_rng(0).integers(3, size=3)
    _, oob = solution.run(bag_one, x, y)
    for row in range(3):
        assert np.isnan(oob[row]) == (row in rows)


def test_no_model_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.hard_vote(np.zeros((0, 3), dtype=np.int64))
