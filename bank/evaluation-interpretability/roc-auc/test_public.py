"""Public checks of `roc-auc`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

Y, SCORES = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.4, 0.4, 0.4, -2.0])


def test_the_example_of_the_statement(solution):
    fpr, tpr, thresholds = solution.roc_curve(Y, SCORES)
    assert_close(fpr, np.array([0.0, 0.0, 2 / 3, 1.0]))
    assert_close(tpr, np.array([0.0, 0.5, 1.0, 1.0]))
    assert_equal(thresholds, np.array([np.inf, 0.9, 0.4, -2.0]))
    assert_close(solution.roc_auc(Y, SCORES), 5 / 6)


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 10))
@settings(max_examples=10)
def test_the_area_lies_between_zero_and_one(solution, seed, size):
    rng = np.random.default_rng(seed)
    y = np.array([0, 1, *rng.integers(0, 2, size=size)])
    assert 0.0 <= solution.roc_auc(y, rng.normal(size=len(y))) <= 1.0


def test_one_class_alone_is_an_error(solution):
    for function in (solution.roc_curve, solution.roc_auc):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            function(np.ones(5, dtype=np.int64), SCORES)
