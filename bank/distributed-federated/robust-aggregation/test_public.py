"""Public checks of `robust-aggregation`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

UPDATES = np.array([[1.0, 9.0], [2.0, 8.0], [3.0, 7.0], [4.0, -1e9], [np.inf, 6.0]])


def test_the_example_of_the_statement(solution):
    assert_close(solution.trimmed_mean(UPDATES, 1), np.array([3.0, 7.0]))
    assert_equal(solution.krum(UPDATES, 1), 1)


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(0, 2))
@settings(max_examples=10)
def test_the_mean_lies_between_the_good_clients(solution, seed, k):
    good = np.random.default_rng(seed).normal(size=(5, 3))
    result = solution.trimmed_mean(np.concatenate([good, np.full((k, 3), 1e6)]), k)
    assert (result >= good.min(axis=0) - 1e-9).all()
    assert (result <= good.max(axis=0) + 1e-9).all()


def test_too_many_bad_clients_are_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.trimmed_mean(UPDATES, 3)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.krum(UPDATES, 2)
