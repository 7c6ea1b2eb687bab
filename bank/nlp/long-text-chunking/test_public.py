"""Public checks of `long-text-chunking`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal


def cut(module, ids, max_len, stride):
    return list(module.chunks(iter(ids), max_len, stride))


def test_windows_of_the_example(solution):
    ids = [5, 6, 7, 8, 9]
    assert_equal(solution.run(cut, ids, 3, 1), [(0, [5, 6, 7]), (1, [6, 7, 8]), (2, [7, 8, 9])])
    assert_equal(solution.run(cut, ids, 4, 3), [(0, [5, 6, 7, 8]), (3, [8, 9])])


def test_scores_of_the_example(solution):
    parts = [(0, np.array([[1.0], [2.0], [3.0], [4.0]])), (2, np.array([[30.0], [40.0], [50.0]]))]
    assert_equal(solution.merge(parts, 5), np.array([[1.0], [2.0], [3.0], [40.0], [50.0]]))


def test_a_stride_of_zero_is_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.chunks([1, 2, 3], 2, 0)


@given(count=st.integers(1, 30), max_len=st.integers(1, 8))
@settings(max_examples=8, deadline=None)
def test_slices_of_scores_come_together_again(solution, count, max_len):
    scores = np.arange(2.0 * count).reshape(count, 2)
    parts = [(start, scores[window]) for start, window in solution.run(cut, list(range(count)), max_len, 1)]
    assert_equal(solution.merge(parts, count), scores)
