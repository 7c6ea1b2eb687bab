"""Public checks of `imputation`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

NAN = np.nan


def filled(submission, strategy, rows):
    """Fill a table of objects."""
    table = np.array(rows, dtype=object)
    return submission.Imputer(strategy).fit(table).transform(table).tolist()


def test_means_of_the_observed_values(solution):
    table = np.array([[1.0, NAN], [3.0, 5.0], [NAN, 9.0]])
    result = solution.Imputer("mean").fit(table).transform(table)
    assert_close(result, np.array([[1.0, 7.0], [3.0, 5.0], [2.0, 9.0]]))


def test_words(solution):
    rows = [["b", 1], [None, 2], ["b", NAN], ["a", 2]]
    assert_equal(solution.run(filled, "most_frequent", rows), [["b", 1], ["b", 2], ["b", 2], ["a", 2]])


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 3))
@settings(max_examples=10)
def test_nothing_to_fill(solution, seed, k):
    table = np.random.default_rng(seed).normal(size=(4, 2))
    assert_equal(solution.knn_fill(table, table, k), table)
    assert_equal(solution.Imputer("median").fit(table).transform(table), table)


def test_the_nearest_row_that_has_a_value(solution):
    known = np.array([[1.0, NAN], [3.0, 5.0], [NAN, 9.0]])
    result = solution.knn_fill(known, np.array([[2.5, NAN], [NAN, 6.0]]), 1)
    assert_close(result, np.array([[2.5, 5.0], [3.0, 6.0]]))


def test_an_unknown_strategy_is_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.Imputer("mode")
