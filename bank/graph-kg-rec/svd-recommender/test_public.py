"""Public checks of `svd-recommender`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

R = np.array([[5.0, 4.0, 0.0], [4.0, 5.0, 0.0], [0.0, 0.0, 2.0]])


def test_the_best_product_of_rank_one(solution):
    U, V = solution.factorise(R, 1)
    assert U.shape == V.shape == (3, 1)
    assert_close(U @ V.T, np.array([[4.5, 4.5, 0.0], [4.5, 4.5, 0.0], [0.0, 0.0, 0.0]]), rtol=1e-8)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_at_full_rank_nothing_is_lost(solution, seed):
    table = np.random.default_rng(seed).normal(size=(4, 3))
    U, V = solution.factorise(table, 3)
    assert_close(U @ V.T, table, rtol=1e-8)


def test_the_best_unseen_items(solution):
    V = np.array([[3.0, 0.0], [1.0, 1.0], [0.0, -1.0], [9.0, 9.0]])
    assert_equal(solution.recommend(np.array([[1.0, 2.0]]), V, {0: {3}}, 0, 2), [0, 1])
    assert_equal(solution.recommend(np.array([[1.0, 2.0]]), V, {}, 0, 2), [3, 0])


def test_nobody_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.recommend(np.ones((2, 1)), np.ones((3, 1)), {}, 2, 1)
