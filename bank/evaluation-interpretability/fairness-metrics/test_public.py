"""Public checks of `fairness-metrics`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

PRED, GROUP = np.array([1, 0, 1, 1]), np.array([7, 7, 3, 3])


def test_the_example_of_the_statement(solution):
    assert_close(solution.parity(PRED, GROUP), 0.5)
    assert_close(solution.impact_ratio(PRED, GROUP), 0.5)
    assert_close(solution.reweigh(np.array([1, 0, 0, 0]), GROUP), np.array([0.5, 1.5, 0.75, 0.75]))


def test_rates_of_two_groups(solution):
    told = solution.rates(np.array([1, 0, 1, 1]), PRED, GROUP)
    assert_close(told[7], {"positive": 0.5, "tpr": 1.0, "fpr": 0.0, "accuracy": 1.0})
    assert_close(told[3], {"positive": 1.0, "tpr": 1.0, "fpr": None, "accuracy": 1.0})


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_one_group_alone_is_treated_alike(solution, seed):
    y, pred = np.random.default_rng(seed).integers(0, 2, size=(2, 9))
    assert solution.equalised_odds(y, pred, np.full(9, 4)) == 0.0


def test_nobody_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.parity(PRED[:0], GROUP[:0])
