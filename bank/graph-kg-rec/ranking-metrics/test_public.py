"""Public checks of `ranking-metrics`: the interface by small examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

REL = np.array([[0, 3, 1], [0, 0, 0]])
SCORES = np.array([[0.9, 0.5, 0.5], [0.1, 0.2, 0.3]])


def test_places_that_are_shared(solution):
    gain = (3 + 1) / 2 / math.log2(3)
    assert_close(solution.ndcg(REL, SCORES, 2), gain / (3 + 1 / math.log2(3)))
    assert_close(solution.recall_at_k(REL, SCORES, 2), 0.5)
    assert_close(solution.mrr(REL, SCORES), 0.4)


@given(k=st.integers(1, 5))
@settings(max_examples=5)
def test_the_best_order_is_worth_one(solution, k):
    assert_close(solution.ndcg(REL, REL, k), 1.0)


def test_nobody_left_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.mrr(REL[1:], SCORES[1:])
