"""Public checks of `online-learning`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def error_rates(submission, classes, window):
    stream = [(np.array([1.0]), y) for y in classes]
    return list(submission.prequential(submission.OnlineLogReg(1, lr=1.0), stream, window))


def fitted(submission, x, y):
    model = submission.OnlineLogReg(x.shape[1], 0.5, 0.1)
    model.partial_fit(x, y)
    return model.state()


def test_the_example_of_the_statement(solution):
    assert_equal(solution.run(error_rates, [0, 0, 1], 2), [1.0, 0.5, 0.5])


def test_one_step(solution):
    state = solution.run(fitted, np.array([[2.0, -4.0]]), np.array([1]))
    assert_close(state, {"weights": np.array([0.5, -1.0]), "bias": np.array(0.25)})


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_a_new_model_knows_nothing(solution, seed):
    x = np.random.default_rng(seed).normal(size=(4, 3))
    assert_close(solution.OnlineLogReg(3, 0.1).predict_proba(x), np.full(4, 0.5))


def test_an_unknown_class_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(fitted, np.array([[1.0]]), np.array([2]))
