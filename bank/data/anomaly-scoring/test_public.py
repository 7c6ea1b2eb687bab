"""Public checks of `anomaly-scoring`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_distance_to_the_nearest(solution):
    detector = solution.Detector("knn", 0.0, k=1).fit(np.array([[0.0], [1.0], [4.0]]))
    rows = np.array([[1.5], [9.0], [4.0]])
    assert_close(detector.score(rows), np.array([0.5, 5.0, 0.0]))
    assert_equal(detector.predict(rows), np.array([0, 1, 0]))


@given(far=st.floats(10, 1000))
@settings(max_examples=10)
def test_distance_in_deviations(solution, far):
    detector = solution.Detector("mahalanobis", 0.0).fit(np.array([[-1.0], [0.0], [1.0]]))
    assert_close(detector.score(np.array([[far], [0.0]])), np.array([far, 0.0]), rtol=1e-8)
    assert_equal(detector.predict(np.array([[far], [0.0], [1.0]])), np.array([1, 0, 0]))


def test_paths(solution):
    assert_close(solution.c(3), 5 / 3)
    assert_close(solution.path_score(np.array([[1.0, 0.0], [1.0, 2.0]]), 2), np.array([0.5, 0.5]))


def test_signs(solution):
    assert_equal(solution.labels_of(np.array([1, -1])), np.array([0, 1]))


def test_an_unknown_kind_is_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.Detector("forest", 0.1)
