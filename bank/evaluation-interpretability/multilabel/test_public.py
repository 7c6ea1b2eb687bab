"""Public checks of `multilabel`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_the_examples_of_the_statement(solution):
    told = solution.ml_metrics(np.array([[1, 0, 1], [0, 0, 0]]), np.array([[1, 0, 0], [0, 0, 0]]))
    names = ("subset_accuracy", "hamming_loss", "example_f1", "micro_f1", "macro_f1")
    assert_close(told, dict(zip(names, (1 / 2, 1 / 6, 5 / 6, 2 / 3, 2 / 3), strict=True)))
    fitted = solution.fit_thresholds(np.array([[0.2], [0.9], [0.6]]), np.array([[0], [1], [1]]))
    assert_equal(fitted, np.array([0.6]))


def test_a_logit_of_zero(solution):
    loss, gradient = solution.ml_loss(np.zeros((1, 2)), np.array([[1, 0]]))
    assert_close(loss, float(np.log(2)))
    assert_close(gradient, np.array([[-0.25, 0.25]]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_positive_logits_pass_a_half(solution, seed):
    logits = np.random.default_rng(seed).normal(size=(4, 3))
    assert_equal(solution.predict(logits, np.full(3, 0.5)), logits >= 0)


def test_other_shapes_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.ml_metrics(np.zeros((2, 3), dtype=np.int64), np.zeros((3, 2), dtype=np.int64))
